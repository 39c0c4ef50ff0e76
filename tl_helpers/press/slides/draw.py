"""Slides as HTML: one file with everything in it, reveal.js included."""

from __future__ import annotations

import base64
import importlib.util
import json
import mimetypes
import re
from collections.abc import Sequence
from html import escape, unescape
from pathlib import Path
from typing import Any

from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.measure import claims
from tl_helpers.press import markdown, templates
from tl_helpers.press.slides.cut import Deck, Part, Slide

WIDTH, HEIGHT = 1280, 720
"""Size of a slide in CSS pixels; reveal.js scales it to the screen."""

_HERE = Path(__file__).parent
_NETWORK = re.compile(
    r"""<(?!a\b)[a-z][^>]*?\s(?:src|href)\s*=\s*["']?(?:https?:)?//[^\s"'>]*""", re.I
)
_ANCHOR = re.compile(r"<a (?![^>]*target=)(?=[^>]*href=[\"'][^#])", re.I)


def reveal() -> Path:
    """The folder of reveal.js, as the package ``sphinx-revealjs`` carries it.

    The package is only looked for, never imported: its files are data.

    Raises:
        CourseError: it is not installed, or does not carry what it did.

    Example:
        >>> (reveal() / "dist" / "reveal.js").exists()
        True
    """
    install = "Install it: make slides, or pip install 'tl-helpers[course]'"
    spec = importlib.util.find_spec("sphinx_revealjs")
    if spec is None or not spec.submodule_search_locations:
        raise CourseError(
            "Slides need reveal.js, and the package that carries it (sphinx-revealjs) is not "
            "installed.",
            install,
        )
    folder = Path(spec.submodule_search_locations[0]) / "_static" / "revealjs"
    for name in ("dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js", "LICENSE"):
        if not (folder / name).is_file():
            raise CourseError(f"The installed sphinx-revealjs has no {name} in {folder}.", install)
    return folder


def page(deck: Deck) -> str:
    """A deck as HTML.

    Raises:
        CourseError: reveal.js is missing, or so is a picture.
        BadValue: a slide would fetch something from the network.

    Example:
        >>> page(deck).startswith("<!DOCTYPE html>")  # doctest: +SKIP
        True
    """
    columns: list[list[str]] = []
    for number, slide in enumerate(deck.slides, 1):
        drawn = _section(slide, number, deck.folder)
        if slide.below and columns:
            columns[-1].append(drawn)
        else:
            columns.append([drawn])
    config: dict[str, Any] = {"width": WIDTH, "height": HEIGHT}
    if any(slide.seconds for slide in deck.slides):
        config["defaultTiming"] = 0  # the speaker's view then says who is ahead, or behind
    source = reveal()
    styles = [source / "dist" / "reset.css", source / "dist" / "reveal.css", _HERE / "deck.css"]
    scripts = [source / "dist" / "reveal.js", source / "plugin" / "notes" / "notes.js"]
    return templates.render(
        _HERE / "deck.html.j2",
        title=deck.title,
        licence=(source / "LICENSE").read_text("utf-8").replace("--", "- -"),
        styles=[path.read_text("utf-8") for path in styles],
        colours=_colours(),
        columns=columns,
        scripts=[_script(path.read_text("utf-8")) for path in scripts],
        config=json.dumps(config),
        start=_script((_HERE / "deck.js").read_text("utf-8")),
    )


def index(decks: Sequence[tuple[str, str, int]]) -> str:
    """The page that lists decks.

    Args:
        decks: of each its file, its title (HTML) and the number of its slides.

    Example:
        >>> "Start here" in index([("start", "Start here", 12)])
        True
    """
    return templates.render(_HERE / "index.html.j2", decks=decks)


def _script(source: str) -> str:
    # A closing tag inside a script would end it, wherever it stands.
    return "<script>\n" + re.sub(r"</(script)", r"<\\/\1", source, flags=re.I) + "\n</script>\n"


def _section(slide: Slide, number: int, folder: Path) -> str:
    parts = "\n".join(_part(part, folder) for part in slide.parts)
    notes = "".join(markdown.to_html(text) for text in slide.notes)
    aside = f'\n<aside class="notes">{notes}</aside>' if notes else ""
    timing = f' data-timing="{slide.seconds}"' if slide.seconds else ""
    return (
        f'<section id="s{number}" data-cells="{escape(" ".join(slide.cells))}"{timing}>'
        f'<div class="tl-slide">\n{parts}\n</div>{aside}</section>'
    )


def _part(part: Part, folder: Path) -> str:
    if part.kind == "text":
        kind, inner = "text", _text(part, folder)
    elif part.kind == "code":
        kind, inner = "code", _code(part.content)
    else:
        kind, inner = _output(part.content)
    if fetched := _NETWORK.search(inner):
        raise BadValue(
            f"Cell {part.cell.get('id', '')}: a slide would fetch something from the network: "
            f"{fetched[0][:120]}",
            "Store it beside the notebook.",
        )
    later = " fragment" if part.fragment else ""
    columns = f' style="--tl-columns:{_columns(inner)}"' if kind in ("code", "lines") else ""
    return f'<div class="tl-{kind}{later}"{columns}>{inner}</div>'


def _columns(inner: str) -> int:
    """Characters in the longest line of a listing."""
    text = unescape(re.sub(r"<[^>]*>", "", inner))
    return max(map(len, text.splitlines()), default=1)


def _text(part: Part, folder: Path) -> str:
    attached = part.cell.get("attachments", {})

    def inline(image: re.Match[str]) -> str:
        source = image[2]
        if re.match(r"data:|(https?:)?//", source):
            return image[0]
        path = folder / source
        if data := attached.get(source.removeprefix("attachment:")):
            kind, encoded = next(iter(data.items()))
        elif path.is_file():
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            encoded = base64.b64encode(path.read_bytes()).decode("ascii")
        else:
            raise CourseError(
                f"Cell {part.cell.get('id', '')}: the picture {source} is not there.",
                f"Its address counts from {folder}.",
            )
        return f"{image[1]}data:{kind};base64,{encoded}{image[3]}"

    html = markdown.to_html(part.content)
    html = re.sub(r"""(<img\b[^>]*?\ssrc=["'])([^"']*)(["'])""", inline, html)
    # The deck must not vanish from the screen because somebody clicked on a reference.
    return _ANCHOR.sub('<a target="_blank" rel="noopener" ', html)


def _code(source: str) -> str:
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    return str(highlight(source, PythonLexer(), HtmlFormatter(cssclass="tl-source")))


def _colours() -> str:
    from pygments.formatters import HtmlFormatter

    return str(HtmlFormatter(style="default").get_style_defs(".tl-source"))


def _output(output: Any) -> tuple[str, str]:
    """How an output is to be sized, and its HTML."""
    if output.output_type == "stream":
        return "lines", f"<pre>{escape(output.text.strip())}</pre>"
    data = output.data
    if html := data.get("text/html"):
        if claims.MIME in data:
            return "claim", html
        if "data-controls" in html:
            return "explorer", html
        if "<table" in html:
            return "table", html
        return ("picture" if re.search(r"<(img|svg)\b", html) else "lines"), html
    if svg := data.get("image/svg+xml"):
        return "picture", svg
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            about = output.metadata.get(kind, {})
            width = f' width="{about["width"]}"' if "width" in about else ""
            alt = escape(about.get("alt") or data.get("text/plain", ""))
            source = "".join(data[kind].split())
            return "picture", f'<img alt="{alt}"{width} src="data:{kind};base64,{source}">'
    if latex := data.get("text/latex"):
        return "text", markdown.mathml(latex.strip().strip("$"), "block")
    if text := data.get("text/markdown"):
        return "text", markdown.to_html(text)
    return "lines", f"<pre>{escape(data.get('text/plain', ''))}</pre>"
