"""Citations, terms, the link check and the swap, on plain texts and pages."""

from __future__ import annotations

import fnmatch
import json
import os
import re
from pathlib import Path

import pytest
import site_links

from tl_helpers.core import files, lessons
from tl_helpers.core.errors import BrokenFile
from tl_helpers.data import registry
from tl_helpers.press.site.citations import Bibliography, address, course, short
from tl_helpers.press.site.terms import Sense, Senses, Terms, other_forms, senses

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "notebooks" / "site"


@pytest.fixture(scope="module")
def bibliography():
    return Bibliography(SITE / "references.bib")


@pytest.mark.parametrize(
    ("text", "cited"),
    [
        ("Ruder (2019) says", [("Ruder (2019)", "ruder2019state")]),
        ("after Ruder et al. (2019), that", [("Ruder et al. (2019)", "ruder2019tutorial")]),
        (
            "(Pan and Yang 2010; Ruder\n2019)",
            [("Pan and Yang 2010", "pan2010"), ("Ruder\n2019", "ruder2019state")],
        ),
        (
            "Ruder (2017, 2019) twice",
            [("Ruder (2017", "ruder2017"), ("2019)", "ruder2019state")],
        ),
        (
            "of Pan and Yang (2010) and Ruder (2017)",
            [("Pan and Yang (2010)", "pan2010"), ("Ruder (2017)", "ruder2017")],
        ),
        ("(see Devlin et al., 2019)", [("Devlin et al., 2019", "devlin2019")]),
        (
            "Williams, Nangia and Bowman (2018)",
            [("Williams, Nangia and Bowman (2018)", "williams2018")],
        ),
        (
            "the two towers of Reimers and Gurevych 2019",
            [("Reimers and Gurevych 2019", "reimers2019")],
        ),
        (
            "(Tjong Kim Sang and De Meulder 2003)",
            [("Tjong Kim Sang and De Meulder 2003", "tjong2003")],
        ),
        ("Peters et al. (2018b) looked inside", [("Peters et al. (2018b)", "peters2018b")]),
    ],
)
def test_citations_are_found(bibliography, text, cited):
    assert [(hit.text, hit.key) for hit in bibliography.find(text)] == cited


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ruder (1999)", "Ruder 1999"),
        ("Pan and Yang (2010, 2011)", "Pan and Yang 2011"),
        ("Peters et al. (2018) without a letter", "Peters et al. 2018"),
    ],
)
def test_a_known_author_with_another_year_is_noticed(bibliography, text, said):
    assert [hit.text for hit in bibliography.find(text) if hit.key is None] == [said]


@pytest.mark.parametrize(
    "text",
    ["as Smith and Ruder (2019) say", "Nobody (2019) says", "Ruder wrote", "In 2019 it was new."],
)
def test_others_are_no_citations(bibliography, text):
    assert bibliography.find(text) == []


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (
            "Ruder, S. (2017). Transfer Learning - Machine Learning’s Next\nFrontier. Blog post.",
            "ruder2017",
        ),
        (
            "He, K., Girshick, R. and Dollár, P. (2019). Rethinking ImageNet Pre-training. ICCV.",
            "he2019",
        ),
        ("Ruder, S. (2018). Transfer Learning - Machine Learning's Next Frontier. Blog.", None),
        ("Peters, M. (2017). Transfer Learning - Machine Learning's Next Frontier. Blog.", None),
        ("Ruder, S. (2017). Another title.", None),
        ("no reference at all", None),
    ],
)
def test_lines_of_a_list_of_references(bibliography, line, key):
    entry = bibliography.reference(line)
    assert (entry.key if entry else None) == key


ENTRY = "@misc{{{key}, author = {{{author}}}, title = {{{title}}}, year = {{{year}}}}}\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            ENTRY.format(key="a", author="One, A.", title="T", year="2001")
            + ENTRY.format(key="b", author="One, B.", title="U", year="2001"),
            r"One \(2001\) is both a and b(.|\n)*year = \{2001a\}",
        ),
        (ENTRY.format(key="a", author="", title="T", year="2001"), "entry a lacks an author"),
        (ENTRY.format(key="a", author="One, A.", title="T", year="soon"), "entry a lacks"),
        (ENTRY.format(key="a", author="One, A.", title="T", year="2001") * 2, "cannot be read"),
        ("@misc{a, author = {One", "cannot be read"),
    ],
)
def test_a_broken_bibliography(tmp_path, content, message):
    path = tmp_path / "references.bib"
    path.write_text(content, "utf-8")
    with pytest.raises(BrokenFile, match=message):
        Bibliography(path)
    with pytest.raises(BrokenFile, match="cannot be read"):
        Bibliography(tmp_path / "missing.bib")


def test_the_bibliography_holds_the_backbone_of_the_course(bibliography):
    for key in ("ruder2019tutorial", "ruder2017", "ruder2019state", "rusu2016", "sun2016"):
        assert key in bibliography.entries
    keys = list(bibliography.entries)
    names = [(e.names[0].casefold(), e.year) for e in bibliography.entries.values()]
    assert len(keys) >= 80 and len(set(names)) > 70
    assert [n for n, _ in names] == sorted(n for n, _ in names)  # in order, as a reader expects


def test_what_the_catalogue_cites_is_in_the_bibliography(bibliography):
    """Data and models come with a citation: each work is an entry, by first author and year."""
    known = {(e.names[0], e.year[:4]) for e in bibliography.entries.values()}
    cited = set()
    for section in ("dataset", "model"):
        for entry in registry.entries(section).values():
            pattern = r"(?:^|; )([^().;]+?)(?: et al\.)? \((\d{4})\)"
            for authors, year in re.findall(pattern, entry.citation):
                cited.add((re.split(r", | and ", authors)[0], year))
    assert len(cited) > 8
    assert cited - known == set()


def test_every_work_has_an_address(bibliography):
    """Its form is checked where the file is read; nothing is fetched."""
    without = [key for key, entry in bibliography.entries.items() if not entry.address]
    assert without == [], "give each a doi, else an eprint (arXiv), else a url"


@pytest.mark.parametrize(
    ("fields", "place", "shown"),
    [
        (
            {"url": "https://aclanthology.org/P02-1040", "doi": "10.3115/1073083.1073135"},
            "https://doi.org/10.3115/1073083.1073135",
            "doi:10.3115/1073083.1073135",
        ),
        ({"eprint": "1706.03762"}, "https://arxiv.org/abs/1706.03762", "arXiv:1706.03762"),
        ({"eprint": "cmp-lg/9406010"}, "https://arxiv.org/abs/cmp-lg/9406010", None),
        (
            {"url": "https://www.ruder.io/transfer-learning/"},
            "https://www.ruder.io/transfer-learning/",
            "ruder.io/transfer-learning",
        ),
        (
            {"doi": "10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9"},
            "https://doi.org/10.1002/(SICI)1097-4571(199009)41:6<391::AID-ASI1>3.0.CO;2-9",
            None,
        ),
        ({"title": "A work"}, "", ""),
    ],
)
def test_where_a_work_can_be_read(fields, place, shown):
    assert address(fields) == place
    assert shown is None or short(place) == shown


def test_a_long_address_is_shown_by_its_ends():
    long = f"https://cdn.example.org/{'folder/' * 12}language_understanding_paper.pdf"
    assert short(long) == "cdn.example.org/…_understanding_paper.pdf"


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("doi = {https://doi.org/10.1000/182}", "doi = .* is not of the form 10.1000/182, without"),
        ("doi = {D14-1162}", "is not of the form 10.1000/182"),
        ("eprint = {arXiv:1706.03762}", "eprint = .* is not of the form 2101.00001, without arXiv"),
        ("eprint = {1706.03762v5}", "without a version"),
        ("url = {aclanthology.org/P02-1040}", "is not of the form https://aclanthology.org"),
        ("url = {http://a.org/b}", "is not of the form https://aclanthology.org"),
        ("url = {https://doi.org/10.1000/182}", "belongs into the field doi or eprint"),
        ("url = {https://arxiv.org/abs/1706.03762}", "belongs into the field doi or eprint"),
    ],
)
def test_what_is_no_address_is_refused(tmp_path, field, message):
    path = tmp_path / "references.bib"
    entry = ENTRY.format(key="a", author="One, A.", title="T", year="2001")
    path.write_text(entry.replace("}}\n", f"}}, {field}}}\n"), "utf-8")
    with pytest.raises(BrokenFile, match=rf"the entry a: .*{message}(.|\n)*git checkout"):
        Bibliography(path)


def test_what_is_copied_is_the_entry_of_the_file_without_the_letter_of_its_year(bibliography):
    from pybtex.database import parse_string

    source = (SITE / "references.bib").read_text("utf-8")
    for key, entry in bibliography.entries.items():
        (again,) = parse_string(entry.bibtex, "bibtex").entries.items()
        assert again[0] == key and again[1].fields["year"] == entry.year[:4]
    assert "year = {2018a}" in source
    assert "year = {2018},\n" in bibliography.entries["peters2018a"].bibtex
    assert bibliography.entries["pan2010"].bibtex in source
    assert bibliography.entries["pan2010"].venue.startswith("IEEE Transactions on Knowledge")


def test_the_course_is_cited_as_its_citation_file_says():
    cited = course(ROOT / "CITATION.cff")
    pyproject = (ROOT / "pyproject.toml").read_text("utf-8")
    author = re.search(r'authors = \[\{ name = "(.+?)" \}\]', pyproject)[1]
    assert cited.startswith("@software{tl-course,\n") and f"author = {{{{{author}}}}}," in cited
    assert "title = {Transfer learning in NLP: an interactive course}," in cited
    assert re.search(r"year = \{20\d\d\},", cited) and cited.endswith("\n}")


@pytest.mark.parametrize("content", [None, "", "[", "title: x", "preferred-citation: {title: x}"])
def test_a_broken_citation_file(tmp_path, content):
    path = tmp_path / "CITATION.cff"
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(BrokenFile, match="does not say how to cite the course(.|\n)*git checkout"):
        course(path)


# ------------------------------------------------------------------------------------------- terms


def names(terms, text):
    return [(text[start:end], term) for start, end, term in terms.find(text)]


def test_terms_are_found_in_every_form():
    terms = Terms(["fine-tuning", "task", "language model", "LoRA"], {"fine-tuned": "fine-tuning"})
    assert names(terms, "Fine tuning is fine-tuned\nfor two Tasks.") == [
        ("Fine tuning", "fine-tuning"),
        ("fine-tuned", "fine-tuning"),
        ("Tasks", "task"),
    ]
    assert names(terms, "language\nmodels and LoRA") == [
        ("language\nmodels", "language model"),
        ("LoRA", "LoRA"),
    ]
    assert names(terms, "multitasking, task-specific, lora, a subtask") == []


def test_the_longest_term_wins():
    terms = Terms(["model", "language model", "masked language model"])
    assert names(terms, "a masked language model, a model") == [
        ("masked language model", "masked language model"),
        ("model", "model"),
    ]
    assert names(Terms([]), "anything") == []


def test_the_glossary_is_whole():
    source = (SITE / "glossary.md").read_text("utf-8")
    terms = [
        line
        for line in source.split("```{glossary}")[1].splitlines()
        if line and not line.startswith((" ", "`"))
    ]
    assert len(terms) >= 60 and len(set(terms)) == len(terms)
    assert terms == sorted(terms, key=str.casefold)
    forms = other_forms(source)
    assert set(forms.values()) <= set(terms) and not set(forms) & set(terms)
    text = (
        "transfer learning source target domain task taxonomy pre-training fine-tuning feature "
        "extraction probe masked LM causal LM perplexity adapter LoRA distillation catastrophic "
        "forgetting negative transfer"
    )
    assert len({term for _, term in names(Terms(terms, forms), text)}) == 18


def glossary() -> Terms:
    """The terms of the glossary, with their other forms."""
    source = (SITE / "glossary.md").read_text("utf-8")
    lines = source.split("```{glossary}")[1].splitlines()
    return Terms([x for x in lines if x and not x.startswith((" ", "`"))], other_forms(source))


def linked(page: str, text: str) -> list[str]:
    """The words of a paragraph that would be links."""
    terms = glossary()
    other = senses(SITE / "senses.toml", terms).other
    return [text[a:b] for a, b, term in terms.find(text) if not other(term, page, text, a, b)]


@pytest.mark.parametrize(
    ("page", "text", "words"),
    [
        ("sessions/start", "Leave the prompts on.", []),
        ("30_heads_adapters_lora", "A prompt is put before the input.", ["prompt"]),
        ("12_any", "Discussion prompts: what is a soft prompt?", ["soft prompt"]),
        ("colab", "An installed torch, numpy, transformers or datasets stays.", []),
        ("11_language_models", "A causal transformer.", ["transformer"]),
        ("36_cross_lingual", "A head\nstart; a task and a head.", ["head\nstart", "task", "head"]),
        ("12_any", "the word and its head in the\ndependency tree", ["dependency tree"]),
        ("15_scale_and_cost", "Find it by an IsoFLOP slice, not on a slice.", ["IsoFLOP", "slice"]),
        ("31_progressive_networks", "and b is the bias of the layer", []),
        ("00_start_here", "Exercise 2 (warm-up: reading a figure).", []),
        ("32_feature_extraction_vs_fine_tuning", "Warm-up (used by BERT)", ["Warm-up"]),
    ],
)
def test_words_are_linked_by_sense(page, text, words):
    assert linked(page, text) == words


def test_the_list_of_other_senses_is_still_needed():
    """Every page is there, and every phrase stands in some text of the course."""
    folder = ROOT / "notebooks"
    cells = [
        "".join(cell["source"])
        for path in sorted(folder.glob("*.ipynb"))
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell["cell_type"] == "markdown"
    ]
    pages = [*folder.glob("sessions/*.md"), *folder.glob("site/*.md")]
    texts = cells + [path.read_text("utf-8") for path in pages]
    said = " ".join(" ".join(texts).replace("*", "").casefold().split())
    names = {path.stem for path in (*folder.glob("*.ipynb"), *folder.glob("site/*.md"))}
    names |= {f"sessions/{path.stem}" for path in folder.glob("sessions/*.md")}
    names |= {row.notebook for row in lessons.rows()}  # those to come as well
    for sense in senses(SITE / "senses.toml", glossary()).sense:
        for phrase in sense.phrases:
            assert phrase.casefold() in said, f"{phrase!r} stands nowhere: take it off the list"
        for page in sense.pages:
            assert fnmatch.filter(names, page), f"there is no page {page!r}"


SENSE = '[[sense]]\nterm = "probe"\nmeans = "a visit"\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (SENSE, "'probe' as 'a visit' names neither pages nor phrases"),
        (SENSE.replace("probe", "prob") + 'pages = ["a"]', "'prob' is no term of the glossary"),
        (SENSE + 'phrases = ["a moon"]', "the phrase 'a moon' does not hold the term 'probe'"),
        (SENSE + 'page = ["a"]', "line 4"),
        ("[[sense]", "line 1"),
    ],
)
def test_a_broken_list_of_other_senses(tmp_path, content, message):
    path = tmp_path / "senses.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(BrokenFile, match=message):
        senses(path, Terms(["probe", "task"]))


def test_a_sense_holds_on_its_pages_and_within_its_phrases_only():
    known = Senses(
        sense=[Sense(term="probe", means="a visit", pages=["x/*"], phrases=["a probe to"])]
    )
    text = "Send a Probe to Mars, or train a probe."
    assert known.other("probe", "any", text, 7, 12)
    assert not known.other("probe", "any", text, 33, 38)
    assert known.other("probe", "x/y", text, 33, 38)
    assert not known.other("task", "x/y", text, 33, 38)


# ---------------------------------------------------------------------------------- the link check


def problems(folder: Path, body: str, css: str = "") -> list[str]:
    (folder / "other.html").write_text("<h1 id='there'>x</h1>", "utf-8")
    (folder / "a b.txt").write_text("x", "utf-8")
    (folder / "style.css").write_text(css, "utf-8")
    (folder / "page.html").write_text(f"<html><body>{body}</body></html>", "utf-8")
    return site_links.problems(folder)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<a href='gone.html'>x</a>", "links to 'gone.html'"),
        ("<a href='other.html#gone'>x</a>", "no such place"),
        ("<a href='#gone'>x</a>", "no such place"),
        ("<img src='gone.png'>", "gone.png, which is not there"),
        ("<img src='http://a.invalid/x.png'>", "loads http://a.invalid/x.png from elsewhere"),
        ("<img srcset='other.html 1x, //a.invalid/y.png 2x'>", "//a.invalid/y.png from elsewhere"),
        ("<script src='https://a.invalid/x.js'></script>", "from elsewhere"),
        ("<link rel='stylesheet' href='//a.invalid/x.css'>", "from elsewhere"),
        ("<link rel='shortcut icon' href='https://a.invalid/i.ico'>", "from elsewhere"),
        ("<iframe src='https://a.invalid/'></iframe>", "from elsewhere"),
        ("<style>@import 'https://a.invalid/x.css';</style>", "from elsewhere"),
        ("<p style=\"background:url('https://a.invalid/x.png')\">", "from elsewhere"),
        ("<svg><image href='https://a.invalid/x.png'/></svg>", "from elsewhere"),
    ],
)
def test_what_does_not_work_is_found(tmp_path, body, said):
    (wrong,) = problems(tmp_path, body)
    assert wrong.startswith("page.html: ") and said in wrong


def test_style_sheets_are_looked_into(tmp_path):
    assert "style.css: loads https://a.invalid/f.woff2 from elsewhere" in problems(
        tmp_path, "", "@font-face{src:url(https://a.invalid/f.woff2)}"
    )


def test_what_works_is_left_alone(tmp_path):
    body = (
        "<a href='other.html#there'>x</a><a href='#top'>x</a><a href='https://a.invalid/'>x</a>"
        "<a href='a%20b.txt'>x</a><img src='data:image/png;base64,AAAA'><a name='n' href='#n'>x</a>"
        "<style>p{background:url(data:image/png;base64,AAAA)}</style><a href='mailto:a@b.invalid'>"
    )
    assert problems(tmp_path, body, "p{background:url('other.html')}") == []


# ---------------------------------------------------------------------------------------- the swap


def test_a_folder_is_swapped_whole(tmp_path):
    target = tmp_path / "site"
    for content in ("old", "new"):
        with files.atomic_folder(target) as folder:
            (folder / "page").write_text(content, "utf-8")
    assert (target / "page").read_text("utf-8") == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["site"]


def test_if_the_new_folder_cannot_take_its_place_the_old_one_comes_back(tmp_path, monkeypatch):
    target = tmp_path / "site"
    target.mkdir()
    (target / "page").write_text("old", "utf-8")
    replace = os.replace

    def fail(source, goal):
        if str(source).endswith(".part"):
            raise KeyboardInterrupt
        replace(source, goal)

    monkeypatch.setattr("tl_helpers.core.files.os.replace", fail)
    with pytest.raises(KeyboardInterrupt), files.atomic_folder(target):
        pass
    assert (target / "page").read_text("utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["site"]
