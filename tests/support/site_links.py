"""A built site as a browser would see it: every link leads somewhere, and nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

# What a browser loads without being asked: these attributes of any element (and srcset),
# and those of some.
_LOADED = ("src", "poster")
_LOADED_BY = {"object": ("data",), "image": ("href", "xlink:href"), "use": ("href", "xlink:href")}
# Relations of a <link> that a browser leaves to the reader; it loads all others.
_FOLLOWED = {"next", "prev", "search", "index"}
_ADDRESS = re.compile(r"@import\s+['\"]([^'\"]+)|url\(\s*['\"]?([^'\")]*)")


def problems(folder: Path, skip: tuple[str, ...] = ("slides",)) -> list[str]:
    """Everything that does not work in a built site, as ``page: what``; empty if all is well.

    Links and files within the site exist, anchors included, and no page or style sheet loads
    anything from elsewhere. Links that a reader may follow to other sites are not followed.

    Args:
        folder: the site.
        skip: folders of it that others check.
    """
    folder = folder.resolve()
    here = [
        path for path in sorted(folder.rglob("*")) if path.relative_to(folder).parts[0] not in skip
    ]
    pages = {
        path: BeautifulSoup(path.read_text("utf-8"), "html.parser")
        for path in here
        if path.suffix == ".html"
    }
    anchors = {
        path: {e.get(name) for name in ("id", "name") for e in page.find_all(attrs={name: True})}
        for path, page in pages.items()
    }
    wrong = []
    for path, page in pages.items():
        wrong += [(path, text) for text in (*_loads(path, page), *_links(path, page, anchors))]
    for path in here:
        if path.suffix == ".css":
            loaded = filter(_elsewhere, addresses(path.read_text("utf-8")))
            wrong += [(path, f"loads {address[:120]} from elsewhere") for address in loaded]
    return list(dict.fromkeys(f"{p.relative_to(folder).as_posix()}: {text}" for p, text in wrong))


def addresses(css: str) -> list[str]:
    """What a style sheet loads."""
    return [(first or second).strip() for first, second in _ADDRESS.findall(css)]


def _elsewhere(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme not in ("", "data", "about") or bool(parts.netloc)


def _target(page: Path, address: str) -> Path:
    inner = unquote(urlsplit(address).path)
    return (page.parent / inner).resolve() if inner else page


def _loads(path: Path, page: BeautifulSoup) -> Iterator[str]:
    loaded: list[str] = []
    for element in page.find_all(True):
        loaded += [element.get(n, "") for n in (*_LOADED, *_LOADED_BY.get(element.name, ()))]
        loaded += [one.split()[0] for one in element.get("srcset", "").split(",") if one.strip()]
        if element.name == "link" and not _FOLLOWED & set(element.get("rel", [])):
            loaded.append(element.get("href", ""))
        if element.name == "style":
            loaded += addresses(element.get_text())
        loaded += addresses(element.get("style", ""))
    for address in filter(None, loaded):
        if _elsewhere(address):
            yield f"loads {address[:120]} from elsewhere"
        elif not address.startswith("data:") and not _target(path, address).exists():
            yield f"loads {address[:120]}, which is not there"


def _links(path: Path, page: BeautifulSoup, anchors: dict[Path, set[str]]) -> Iterator[str]:
    for link in page.find_all(["a", "area"], href=True):
        parts, target = urlsplit(link["href"]), _target(path, link["href"])
        if parts.scheme or parts.netloc:
            continue
        if not target.is_file():
            yield f"links to {link['href']!r}, which is not there"
        elif parts.fragment and target in anchors:
            if unquote(parts.fragment) not in anchors[target] | {"top"}:
                yield f"links to {link['href']!r}, but that page has no such place"
