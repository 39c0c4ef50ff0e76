"""What a page folds: sections headed *Deeper*, what answers a prediction, what to listen for.

The core path of a notebook stands without the first. The second, from the form of a prediction to
the next exercise or heading, opens when the reader has predicted. All are HTML's own
``<details>``, with the heading or a few words as the ``<summary>``. So they open without a script,
by keyboard too; a link or a search that leads inside opens them; on paper they are open.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

WORD = "Deeper"
_EXERCISE = re.compile(r"Exercise \d")


def is_deeper(section: nodes.section) -> bool:
    """Is it headed ``Deeper``, or ``Deeper: ...``?

    Example:
        >>> is_deeper(section)  # doctest: +SKIP
        True
    """
    title = section.next_node(nodes.title)
    return title is not None and title.astext().partition(":")[0].strip() == WORD


def is_prediction(node: nodes.Node) -> bool:
    """Is it the cell in which a reader predicts?

    Example:
        >>> is_prediction(nodes.paragraph())
        False
    """
    return isinstance(node, nodes.Element) and "tag_tl-predict" in node.get("classes", [])


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
        for cell in list(self.document.findall(is_prediction)):
            _fold_answer(cell)
        for items in list(self.document.findall(nodes.enumerated_list)):
            if is_discussion(items):
                _without_remark(items)
                for paragraph in list(items.findall(nodes.paragraph)):
                    _fold_listening(paragraph)


def _fold_answer(cell: nodes.Element) -> None:
    """Fold what stands after a prediction, to the next exercise or heading."""
    parent = cell.parent
    place = parent.index(cell) + 1
    inside = list(itertools.takewhile(_follows, parent.children[place:]))
    while inside and isinstance(inside[-1], nodes.raw):  # the ends of other folds
        inside = inside[:-1]
    if not inside:
        return
    name = next((n for n in cell["classes"] if n.startswith("tag_tl-ask-")), "")
    begin = (
        f'<details class="tl-await" data-id="{name.removeprefix("tag_tl-ask-")}"><summary>'
        "The result. It opens with your prediction, or with a click here.</summary>"
    )
    parent.insert(place, _raw(begin))
    parent.insert(place + 1 + len(inside), _raw("</details>"))


def _follows(node: nodes.Node) -> bool:
    """Is it neither a section nor the text of another exercise?"""
    asks = isinstance(node, nodes.paragraph) and _EXERCISE.match(node.astext())
    return not (asks or isinstance(node, nodes.section))


def is_discussion(items: nodes.enumerated_list) -> bool:
    """Does this list stand under the words *For the discussion*?

    Example:
        >>> is_discussion(items)  # doctest: +SKIP
        True
    """
    place = items.parent.index(items)
    return place > 0 and items.parent[place - 1].astext().startswith("For the discussion")


def _without_remark(items: nodes.enumerated_list) -> None:
    """Its heading need not say what stands there: each fold does."""
    heading = items.parent[items.parent.index(items) - 1]
    for remark in list(heading.findall(nodes.emphasis)):
        if remark.astext() == "(what to listen for)":
            remark.parent.remove(remark)


def _fold_listening(paragraph: nodes.paragraph) -> None:
    """Fold what stands behind a question in brackets and italics."""
    last = paragraph.children[-1] if paragraph.children else None
    said = last.astext() if isinstance(last, nodes.emphasis) else ""
    if last is None or not (said.startswith("(") and said.endswith(")")):
        return
    paragraph.remove(last)
    first = next(iter(last.findall(nodes.Text)))
    first.parent.replace(first, nodes.Text(first[1:]))  # without the brackets
    end = list(last.findall(nodes.Text))[-1]
    end.parent.replace(end, nodes.Text(end[:-1]))
    place = paragraph.parent.index(paragraph) + 1
    answer = nodes.paragraph("", "", *last.children)
    begin = '<details class="tl-listen"><summary>What to listen for</summary>'
    for node in (_raw("</details>"), answer, _raw(begin)):
        paragraph.parent.insert(place, node)


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
