"""Pages can be read with no network: everything is in the file, formulas included."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_output
from notebook_factory import code, text, write

from tl_helpers.press import markdown, notebooks, report

FORMULAS = r"""# Surprise

Inline $-\log_2 p(w)$ and a display:

$$H = -\sum_i p_i \log p_i$$

\begin{align} a &= b \\ c &= d \end{align}

It costs 5 dollars. `$code$` stays.
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    shown = code("plot()")
    picture = {"image/png": "iVBORw0KGgo=", "text/plain": "<Figure>"}
    shown.outputs = [
        new_output("display_data", picture, metadata={"image/png": {"alt": "a falling curve"}}),
        new_output("execute_result", {"text/latex": r"$\frac{a}{b}$"}, execution_count=1),
        new_output("display_data", {"text/html": "<script>let mine = 1</script><b>slider</b>"}),
    ]
    path = write(tmp_path_factory.mktemp("n"), "one", text(FORMULAS), shown)
    return BeautifulSoup(report.page_of(notebooks.read(path), "one"), "html.parser")


def test_nothing_is_fetched(page):
    for tag, attribute in (("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src")):
        for element in page.find_all(tag):
            assert not re.match(r"(https?:)?//", element.get(attribute, "")), element
    for script in page.find_all("script"):
        assert "//cdn" not in script.text and "import(" not in script.text
    for style in page.find_all("style"):
        assert not re.search(r"@import|url\(['\"]?(https?:)?//", style.text)


def test_own_scripts_of_an_output_stay(page):
    assert [script.text for script in page.find_all("script")] == ["let mine = 1"]


def test_formulas_are_mathml(page):
    shown = page.find_all("math")
    assert [m["display"] for m in shown] == ["inline", "block", "block", "block"]
    assert page.find("math", display="block").find("mo", string="∑") or "&#x02211;" in str(page)
    prose = page.find(string=re.compile("It costs 5 dollars"))
    assert prose is not None
    assert page.find("code", string="$code$") is not None


def test_a_formula_that_cannot_be_read_is_kept():
    assert markdown.mathml(r"a^b^c < 1", "inline") == "<code>a^b^c &lt; 1</code>"


def test_title_alt_text_and_language(page):
    assert page.title.string == "Surprise"
    assert page.html["lang"] == "en"
    assert page.find("img")["alt"] == "a falling curve"
