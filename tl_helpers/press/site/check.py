"""Look at a built site as a browser would: every link leads somewhere, and nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Element -> the attributes that a browser loads without being asked.
_FETCHED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
    "input": ("src",),
}
_LOADING_LINKS = {
    "stylesheet",
    "icon",
    "preload",
    "prefetch",
    "modulepreload",
    "manifest",
    "preconnect",
    "dns-prefetch",
    "apple-touch-icon",
}
_CSS = re.compile(
    r"@import\s+(?:url\()?\s*['\"]?([^'\")\s;]+)|url\(\s*(?:'([^']*)'|\"([^\"]*)\"|([^'\")]*))\s*\)"
)


class _Page(HTMLParser):
    """The addresses, anchors and style of one page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self._style = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._style = tag == "style"
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        for name in _FETCHED.get(tag, ()):
            if given.get(name):
                values = given[name].split(",") if name == "srcset" else [given[name]]
                self.fetched += [v.split()[0] if name == "srcset" else v for v in values]
        if tag == "link" and _LOADING_LINKS & set(given.get("rel", "").lower().split()):
            self.fetched.append(given.get("href", ""))
        if tag in ("a", "area") and "href" in given:
            self.links.append(given["href"])
        self.fetched += addresses(given.get("style", ""))

    def handle_data(self, data: str) -> None:
        if self._style:
            self.fetched += addresses(data)

    def handle_endtag(self, tag: str) -> None:
        self._style = False


def addresses(css: str) -> list[str]:
    """What a style sheet loads."""
    return [next(filter(None, found), "").strip() for found in _CSS.findall(css)]


def problems(folder: Path, skip: tuple[str, ...] = ("slides",)) -> list[str]:
    """Everything that does not work in a built site, as ``page: what``; empty if all is well.

    Checked: links and files within the site exist, anchors included, and no page or style sheet
    loads anything from elsewhere. Links that a reader may follow to other sites are not followed.

    Args:
        folder: the site.
        skip: folders of it that others check.
    """
    pages: dict[Path, _Page] = {}
    for path in sorted(folder.rglob("*.html")):
        if path.relative_to(folder).parts[0] not in skip:
            pages[path.resolve()] = _Page(path.read_text("utf-8"))
    found: list[str] = []
    for path, page in pages.items():
        here = path.relative_to(folder.resolve()).as_posix()
        found += [f"{here}: {text}" for text in _of_page(path, page, pages)]
    for style in sorted(folder.rglob("*.css")):
        if style.relative_to(folder).parts[0] not in skip:
            here = style.relative_to(folder).as_posix()
            for address in addresses(style.read_text("utf-8")):
                if _elsewhere(address):
                    found.append(f"{here}: loads {address[:120]} from elsewhere")
    return list(dict.fromkeys(found))


def _elsewhere(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme not in ("", "data", "about") or bool(parts.netloc)


def _of_page(path: Path, page: _Page, pages: dict[Path, _Page]) -> Iterator[str]:
    for address in page.fetched:
        if _elsewhere(address):
            yield f"loads {address[:120]} from elsewhere"
        elif not address.startswith("data:") and not _target(path, address).exists():
            yield f"loads {address[:120]}, which is not there"
    for address in page.links:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            continue
        target = _target(path, address)
        if not target.is_file():
            yield f"links to {address!r}, which is not there"
        elif parts.fragment and target in pages:
            anchor = unquote(parts.fragment)
            if anchor not in pages[target].ids and anchor != "top":
                yield f"links to {address!r}, but that page has no such place"


def _target(page: Path, address: str) -> Path:
    inner = unquote(urlsplit(address).path)
    return (page.parent / inner).resolve() if inner else page
