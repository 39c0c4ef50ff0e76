"""The written reviews, in English, German and Spanish, are what their datasheets say."""

from __future__ import annotations

from collections import Counter

import pytest
from written import LOOKS, REVIEWS, cross_validated, guessed, n_sentences, read, words

DOMAINS = ("film", "restaurant", "book", "gadget")
TRAITS = ("contrast", "irony", "negation")
FIELDS = ["id", "domain", "text", "label", "traits", "style", "split"]
LETTERS = {"reviews": "", "reviews-de": "äöüßÄÖÜé", "reviews-es": "áéíóúüñÁÉÍÓÚÑ¿¡"}
LETTERS["reviews-translated"] = LETTERS["reviews-de"] + LETTERS["reviews-es"]
#: rows of each domain, label and style in train, validation and test; None: as even as can be
CELLS = {
    "reviews": (36, 0, 24),
    "reviews-de": ((7, 8), (2, 3), (5, 5)),
    "reviews-es": ((7, 8), (2, 3), (5, 5)),
}


@pytest.mark.parametrize("name", REVIEWS)
def test_schema(name):
    fields = list(FIELDS)
    if name == "reviews-translated":
        fields[1:1] = ["source", "language"]
    for r in read(name):
        assert list(r) == fields
        assert r["domain"] in DOMAINS and r["label"] in ("negative", "positive")
        assert r["style"] in ("oblique", "plain")
        assert set(r["traits"]) <= set(TRAITS) and len(set(r["traits"])) == len(r["traits"])
        foreign = {c for c in r["text"] if not c.isascii()} - set(LETTERS[name])
        assert not foreign, (r["id"], foreign)


@pytest.mark.parametrize(
    ("name", "prefix", "of_each"),
    [("reviews", "", 240), ("reviews-de", "de-", 60), ("reviews-es", "es-", 60)],
)
def test_ids_in_order(name, prefix, of_each):
    expected = [f"{prefix}{d}-{i:03d}" for d in DOMAINS for i in range(1, of_each + 1)]
    assert [r["id"] for r in read(name)] == expected


@pytest.mark.parametrize("name", CELLS)
def test_balance(name):
    cells = Counter((r["split"], r["domain"], r["label"], r["style"]) for r in read(name))
    for split, allowed in zip(("train", "validation", "test"), CELLS[name], strict=True):
        sizes = {n for (s, *_), n in cells.items() if s == split}
        assert sizes == ({allowed} if isinstance(allowed, int) else set(allowed)) - {0}
    halves = Counter((r["split"], r["domain"], r["label"]) for r in read(name))
    assert len({(s, n) for (s, *_), n in halves.items()}) == len({s for s, *_ in halves})
    styles = Counter((r["split"], r["style"]) for r in read(name))
    assert all(styles[s, "plain"] == styles[s, "oblique"] for s, _ in styles)


@pytest.mark.parametrize("name", CELLS)
def test_a_tenth_is_tricky(name):
    rows = read(name)
    with_traits = [r for r in rows if r["traits"]]
    assert 0.08 <= len(with_traits) / len(rows) <= 0.12
    least = len(rows) // 40
    assert all(n >= least for n in Counter(t for r in rows for t in r["traits"]).values())
    for domain in DOMAINS:
        here = Counter(r["label"] for r in with_traits if r["domain"] == domain)
        assert here["positive"] >= 3 and here["negative"] >= 3
    if name == "reviews":
        both = Counter((r["domain"], r["split"], r["label"]) for r in with_traits)
        assert len(both) == 16 and min(both.values()) >= 3


@pytest.mark.parametrize("name", REVIEWS)
def test_one_to_four_sentences(name):
    counts = Counter(n_sentences(r["text"]) for r in read(name))
    assert set(counts) == {1, 2, 3, 4}
    assert max(counts.values()) < 0.6 * len(read(name))
    assert min(len(words(r["text"])) for r in read(name)) >= 4


@pytest.mark.parametrize("name", REVIEWS)
def test_spanish_marks_open_and_close(name):
    for r in read(name):
        if r["id"].startswith("es-"):
            assert r["text"].count("¿") == r["text"].count("?"), r["id"]
            assert r["text"].count("¡") == r["text"].count("!"), r["id"]
        assert r["text"].count('"') % 2 == 0, r["id"]
        assert r["text"].count("(") == r["text"].count(")"), r["id"]


def test_a_translation_is_of_a_test_review_and_keeps_its_labels():
    english = {r["id"]: r for r in read("reviews")}
    rows = read("reviews-translated")
    sources = {lang: [r["source"] for r in rows if r["language"] == lang] for lang in ("de", "es")}
    assert sources["de"] == sources["es"] and len(set(sources["de"])) == 120
    for r in rows:
        source = english[r["source"]]
        assert r["id"] == f"{r['language']}-tr-{r['source']}" and r["text"] != source["text"]
        assert {k: r[k] for k in ("domain", "label", "traits", "style", "split")} == {
            k: source[k] for k in ("domain", "label", "traits", "style", "split")
        }
        assert r["split"] == "test"
    cells = Counter((r["language"], r["domain"], r["label"]) for r in rows)
    assert set(cells.values()) == {15}
    assert Counter((r["language"], r["style"]) for r in rows) == {
        (lang, style): 60 for lang in ("de", "es") for style in ("plain", "oblique")
    }


@pytest.mark.parametrize("name", CELLS)
def test_punctuation_says_next_to_nothing(name):
    """Praise has more exclamation marks, as it has in life: they may not decide much."""
    right, n, _ = guessed(name)["label", "punctuation"]
    for classifier, number in right.items():
        assert number / n < 0.55, (classifier, number / n)


def test_a_leak_would_be_found():
    rows = read("reviews-de")
    praise = [r["label"] == "positive" for r in rows]
    leaky = LOOKS["length"]([r["text"] for r in rows])
    leaky[:, 0] += [60 * p for p in praise]
    for right in cross_validated(leaky, praise).values():
        assert right / len(rows) > 0.65
