"""Sections headed *Deeper* are folded: the core path of a notebook stands without them.

They become HTML's own ``<details>``, with the heading as its ``<summary>``. So they open without a
script, by keyboard too; a link or a search that leads inside opens them; on paper they are open.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

WORD = "Deeper"


def is_deeper(section: nodes.section) -> bool:
    """Is it headed ``Deeper``, or ``Deeper: ...``?

    Example:
        >>> is_deeper(section)  # doctest: +SKIP
        True
    """
    title = section.next_node(nodes.title)
    return title is not None and title.astext().partition(":")[0].strip() == WORD


class Fold(SphinxPostTransform):
    """Put what stands in such a section between the tags."""

    default_priority = 900  # when all links are made
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for section in list(self.document.findall(nodes.section)):
            if is_deeper(section):
                place = section.index(section.next_node(nodes.title))
                section.insert(place + 1, _raw("</summary>"))
                section.insert(place, _raw('<details class="tl-deeper"><summary>'))
                section.append(_raw("</details>"))


def _raw(html: str) -> nodes.raw:
    return nodes.raw("", html, format="html")


def setup(app: Sphinx) -> dict[str, Any]:
    """Called by Sphinx.

    Example:
        >>> setup(app)["parallel_read_safe"]  # doctest: +SKIP
        True
    """
    app.add_post_transform(Fold)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
