"""Markdown as HTML: formulas are MathML, so that a page needs no script to show them."""

from __future__ import annotations

import re

from bs4 import BeautifulSoup

from tl_helpers.press import markdown

FORMULAS = r"""# Surprise

Inline $-\log_2 p(w)$ and a display:

$$H = -\sum_i p_i \log p_i$$

\begin{align} a &= b \\ c &= d \end{align}

It costs 5 dollars. `$code$` stays.
"""


def test_formulas_are_mathml():
    page = BeautifulSoup(markdown.to_html(FORMULAS), "html.parser")
    assert [m["display"] for m in page.find_all("math")] == ["inline", "block", "block"]
    assert page.find("math", display="block").find("mo", string="∑") or "&#x02211;" in str(page)
    assert page.find(string=re.compile("It costs 5 dollars")) is not None
    assert page.find("code", string="$code$") is not None


def test_a_formula_that_cannot_be_read_is_kept():
    assert markdown.mathml(r"a^b^c < 1", "inline") == "<code>a^b^c &lt; 1</code>"
