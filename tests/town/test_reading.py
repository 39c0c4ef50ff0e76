"""Reading the town: opinion words marked by their own side, and numbers that follow the dials."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tl_helpers import questions, town
from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.questions import reading
from tl_helpers.questions.polarity import evaluative_words


@pytest.fixture(scope="module")
def corpus():
    return town.Town(seed=0, hard=0.4).corpus(400)


def test_a_word_is_marked_by_its_own_side(corpus):
    side, words = reading.word_polarity(corpus), np.char.lower(corpus.words().astype(str))
    sides = evaluative_words()
    for sign, name in ((1, "positive"), (-1, "negative")):
        here = np.isin(words, sorted(sides[name])) & (side != 0)
        assert here.sum() > 200 and (side[here] == sign).mean() > 0.99


def test_plain_sentences_are_marked_as_they_are_meant_and_hard_ones_are_not(corpus):
    d, side = corpus.draws, reading.word_polarity(corpus)
    total = np.bincount(d.sentence, side, corpus.n_sentences)
    meant = np.where(corpus.sentence_sentiment() == 1, 1, -1)
    opinion, hard = corpus.sentence_sentiment() < 2, corpus.is_hard()
    assert (np.sign(total) == meant)[opinion & ~hard].mean() > 0.99
    assert (np.sign(total) == meant)[opinion & hard].mean() < 0.5


def test_the_marks_leave_the_text_as_it_is(corpus):
    shown = questions.marked(corpus, range(40))
    for body, text in zip(shown.bodies, corpus.texts(), strict=False):
        assert "".join(piece for piece, _ in body).replace(" †", "").strip() == text
    plain = re.sub(r"\[[+-](.*?)\]", r"\1", str(shown)).replace(" †", "")
    assert all(text in plain for text in corpus.texts()[:40])
    assert repr(shown) == str(shown)
    html = shown._repr_html_()
    assert (
        re.sub(r"<[^>]*>", "", html).count("†")
        == sum(piece == " †" for body in shown.bodies for piece, _ in body) + 1
    )
    assert "<b style" in html and "dashed" in html and "solid" in html  # not by colour alone
    daggers = str(shown).count("†")
    assert daggers == corpus.is_hard()[corpus.draws.doc < 40].sum() > 0


def test_a_domain_stands_for_its_first_document(corpus):
    shown = questions.marked(corpus, ["film", "book", 7])
    assert [head.split(",")[0] for head in shown.heads[:2]] == ["film", "book"]
    first = int(np.flatnonzero(corpus.draws.domain == town.DOMAINS.index("film"))[0])
    assert shown.bodies[0] == questions.marked(corpus, [first]).bodies[0]
    with pytest.raises(UnknownName, match="film"):
        questions.marked(corpus, ["films"])
    for bad in (400, -1):
        with pytest.raises(BadValue, match="no document"):
            questions.marked(corpus, [bad])
    with pytest.raises(BadValue, match="no document 'book'"):
        questions.marked(town.Town(seed=0, mixture={"film": 1}).corpus(3), ["book"])


def test_the_numbers_follow_the_dials():
    def numbers(**dials):
        return questions.statistics(town.Town(seed=1, **dials).corpus(500))

    flat, steep = numbers(zipf=0.0), numbers(zipf=2.0)
    assert flat["types"] > steep["types"] + 50 and flat["bits"] > steep["bits"] + 0.3
    hard, neutral = numbers(hard=0.5), numbers(neutral=0.5)
    assert hard["hard"] == pytest.approx(0.5, abs=0.06) and numbers(hard=0.0)["hard"] == 0
    assert neutral["neutral"] == pytest.approx(0.5, abs=0.06)
    with pytest.raises(BadValue, match="too few"):
        questions.statistics(town.Town(seed=0).corpus(5))


def test_domains_far_apart_share_no_adjective():
    shared = [
        questions.shared_opinions(town.Town(seed=0, distance=d).corpus(500), "restaurant", "film")
        for d in (0.0, 0.5, 1.0)
    ]
    assert shared[0] > 0.5 > shared[1] > shared[2] == 0
    only = town.Town(seed=0, mixture={"film": 1}).corpus(50)
    assert np.isnan(questions.shared_opinions(only, "restaurant", "film"))


def test_frequencies_count_every_token(corpus):
    counts = questions.frequencies(corpus)
    assert counts.sum() == corpus.n_tokens and len(counts) == corpus.summary()["types"]
    assert (np.diff(counts) <= 0).all() and counts[-1] > 0
