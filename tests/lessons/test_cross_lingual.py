"""Notebook 36: its cells against the library and by hand, its studies, and what they refuse."""

from __future__ import annotations

import itertools
from collections import namedtuple

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import orthogonal_procrustes

from tl_helpers import data, town
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue, NotHere, UnknownName
from tl_helpers.measure import claims, results
from tl_lessons.cross_lingual import bridges, exercises, real


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    cells = Cells("36_cross_lingual")
    cells.counting = Cells("10_distributional_hypothesis")
    return cells


# --- the rotation --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_the_rotation_is_that_of_scipy(cells, seed):
    rng = np.random.default_rng(seed)
    ours, theirs = rng.normal(size=(2, 30, 8))
    w = cells.procrustes(ours, theirs)
    assert np.allclose(w, orthogonal_procrustes(ours, theirs)[0])
    assert np.allclose(w @ w.T, np.eye(8))


def test_the_rotation_by_hand(cells):
    """A quarter turn: (1, 0) onto (0, 1), (0, 1) onto (-1, 0)."""
    ours, theirs = np.eye(2), np.array([[0.0, 1.0], [-1.0, 0.0]])
    assert np.allclose(cells.procrustes(ours, theirs), theirs)
    assert cells.distance(ours @ cells.procrustes(ours, theirs), theirs) == pytest.approx(0)


@pytest.mark.parametrize("seed", range(3))
def test_no_other_rotation_brings_the_pairs_nearer(cells, seed):
    rng = np.random.default_rng(seed)
    ours, theirs = rng.normal(size=(2, 12, 4))
    best = np.square(ours @ cells.procrustes(ours, theirs) - theirs).sum()
    for _ in range(200):
        other = np.linalg.qr(rng.normal(size=(4, 4)))[0]
        assert np.square(ours @ other - theirs).sum() >= best - 1e-9


# --- words and lexicons --------------------------------------------------------------------------


def test_words_are_those_of_the_town(cells):
    assert cells.words_of("I didn't, Mr. X-Y!") == ["i", "didn't", ",", "mr", ".", "x-y", "!"]
    corpus = town.Town(seed=3).corpus(30)
    for text, translated in zip(corpus.texts(), corpus.translations(), strict=True):
        assert " ".join(cells.words_of(text)) and " ".join(cells.words_of(translated))


def test_a_lexicon_by_hand(cells):
    pair = namedtuple("pair", "source_words target_words alignment")
    sentences = [
        pair(["The", "soup", "."], ["Supo", "."], [(1, 0), (2, 1)]),
        pair(["soup", "was"], ["sol", "supon"], [(0, 1), (1, 0)]),
        pair(["Soup"], ["supo"], [(0, 0)]),
    ]
    assert list(cells.lexicon_of(sentences).items()) == [("soup", "supo"), ("was", "sol")]


def test_pairs_without_vectors_are_left_out(cells):
    lexicon = [("soup", "supo"), ("tea", "tevo"), ("was", "sol")]
    kept = cells.known_pairs(lexicon, {"soup": 0, "was": 1}, {"supo": 0, "tevo": 1})
    assert kept == [("soup", "supo")]


@pytest.mark.parametrize("lexicon", [[("Soup", "Supo")], []])
def test_a_lexicon_of_which_no_word_is_known_is_refused(cells, lexicon):
    told = rf"None of the {len(lexicon)} pairs(.|\n)*small letters(.|\n)*soup(.|\n)*supo"
    with pytest.raises(BadValue, match=told):
        cells.known_pairs(lexicon, {"soup": 0}, {"supo": 0})


def test_vectors_have_length_one_and_words_of_one_town_are_near_each_other(cells):
    place, vectors = cells.space_of(town.Town(seed=9).corpus(600).texts(), size=40)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert len(place) == len(vectors) and min(place.values()) == 0
    assert (
        vectors[place["awful"]] @ vectors[place["terrible"]]
        > vectors[place["awful"]] @ vectors[place["lovely"]]
    )


def test_a_sentence_without_a_known_word_is_zero(cells):
    rows = cells.sentence_vectors(["a b", "c", ""], {"a": 0, "b": 1}, np.array([[1.0, 3], [3, 5]]))
    assert rows.tolist() == [[2, 4], [0, 0], [0, 0]]


# --- what a model of both languages reads --------------------------------------------------------

ENGLISH, ONDALESE = [["the", "soup", "."]] * 9, [["supo", "emily", "."]] * 9
BOTH = [["soup", "supo"]] * 3


def _matter(cells, bridge, seed=0):
    rng = np.random.default_rng(seed)
    return cells.reading_matter(bridge, ENGLISH, ONDALESE, BOTH, {"soup": "supo"}, rng)


def test_separate_words_share_nothing_and_shared_words_do(cells):
    for bridge, shared in (("separate words", set()), ("shared words", {"."})):
        read = _matter(cells, bridge)
        words = [set(itertools.chain(*part)) for part in (read[:9], read[9:])]
        assert words[0] & words[1] == shared and len(read) == 18


def test_the_lexicon_exchanges_about_every_second_word(cells):
    read = [_matter(cells, "lexicon", seed) for seed in range(30)]
    english = [words[1] for part in read for words in part[:9]]
    ondalese = [words[0] for part in read for words in part[9:]]
    assert 0.4 < np.mean([word == "supo" for word in english]) < 0.6
    assert 0.4 < np.mean([word == "soup" for word in ondalese]) < 0.6


def test_translations_replace_a_third_of_the_documents(cells):
    read = _matter(cells, "translations")
    assert read == ENGLISH[:6] + ONDALESE[:6] + BOTH


def test_own_scale_takes_out_what_all_sentences_share(cells):
    scaled = cells.own_scale(np.random.default_rng(0).normal(7, 3, (50, 4)))
    assert np.allclose(scaled.mean(0), 0) and np.allclose(scaled.std(0), 1, atol=1e-4)


# --- real languages ------------------------------------------------------------------------------


@pytest.mark.shelf("intents")
def test_the_intents_are_the_fifteen_of_which_the_scarcest_language_has_most_templates():
    templates: dict[str, list[int]] = {}
    for language in (real.SOURCE, *real.TARGETS):
        own: dict[str, set[str]] = {}
        for part in data.load("intents", language=language, n=1).values():
            names = part.features["intent"].names
            for intent, template in zip(part["intent"], part["template"], strict=True):
                own.setdefault(names[intent], set()).add(template)
        for name, found in own.items():
            templates.setdefault(name, []).append(len(found))
    everywhere = [name for name, found in templates.items() if len(found) == 11]
    order = sorted(everywhere, key=lambda name: (-min(templates[name]), name))
    assert tuple(order[:15]) == real.INTENTS
    some = real.pool("zh-CN")
    assert set(some.intent) == set(range(15)) and len(some.texts) <= 15 * real.POOL


@pytest.mark.shelf("intents")
@pytest.mark.parametrize("seed", [0, 400])
def test_no_test_sentence_is_a_variant_of_one_in_training(seed):
    some, parts = real.pool("de"), real.split("de", seed)
    assert not set(some.template[parts.train]) & set(some.template[parts.test])
    assert set(some.intent[parts.train]) == set(some.intent[parts.test]) == set(range(15))


@pytest.mark.shelf("intents")
def test_a_language_without_data_is_refused_with_those_that_have_some():
    with pytest.raises(UnknownName, match="Unknown language 'tlh'(.|\n)*, de, "):
        real.pool("tlh")
    with pytest.raises(BadValue, match=r"'ja' has fewer than two templates(.|\n)*en, de, nl"):
        real.pool("ja")


def test_without_the_shelf_the_studies_say_so(monkeypatch):
    monkeypatch.setenv("TL_SHELF", "none")
    real.pool.cache_clear()
    with pytest.raises(NotHere, match="'intents' is not available here"):
        real.intents_accuracy(0, "character n-grams", "de")


def test_reviews_are_the_same_ones_in_three_languages():
    english, labels = real.reviews("English")
    for which in ("translated de", "translated es"):
        texts, own = real.reviews(which)
        assert len(texts) == len(english) == 120 and (own == labels).all()
    for which in ("German", "Spanish"):
        texts, own = real.reviews(which)
        assert len(texts) == 200 and own.sum() == 100
    assert not set(english) & set(real.reviews("train")[0])


@pytest.mark.parametrize("which", ["French", "german", "translated fr", ""])
def test_reviews_that_there_are_not_are_refused_with_those_that_there_are(which):
    with pytest.raises(UnknownName, match=rf"kind of reviews: '{which}'(.|\n)*German"):
        real.reviews(which)


def test_few_are_the_first_of_every_class():
    assert real._few(np.array([1, 0, 1, 1, 0, 0]), 2).tolist() == [1, 4, 0, 2]


# --- the stored results --------------------------------------------------------------------------


STUDIES = ["intents", "reviews", "joint", "translation"]


@pytest.mark.parametrize("name", [f"cross-lingual-{which}" for which in STUDIES])
def test_the_stored_results_are_whole(name):
    stored = results.load(name)
    assert len(set(stored.table.seed)) >= 5 and stored.table.accuracy.between(0, 1).all()


def test_claims_that_rest_on_stored_results_say_so():
    promised = {p.id for p in claims.registry().values() if p.notebook == "36_cross_lingual"}
    assert {"cross-rotation", "cross-e5", "cross-minilm"} <= promised


# --- the studies of the town ---------------------------------------------------------------------


@pytest.mark.parametrize("bridge", bridges.BRIDGES)
def test_a_model_of_both_languages_is_judged_in_both_before_and_after_training(bridge):
    rows = bridges.joint_model(50, bridge, documents=150, steps=1)
    stages = list(itertools.product(bridges.STAGES, ["sentiment", "domain"]))
    assert [(row["stage"], row["task"]) for row in rows] == stages
    assert rows[0]["english"] > 0.7 and 0 <= rows[0]["accuracy"] <= 1  # counted: the head start


def test_the_counts_alone_are_the_same_however_long_the_training():
    one, two = (bridges.joint_model(51, "lexicon", documents=150, steps=n) for n in (1, 2))
    assert one[:2] == two[:2]


def test_word_for_word_goes_back_with_the_dictionary_of_its_pairs(cells):
    home = town.Town(seed=52)
    pair = home.corpus(5, start=2_000_000).parallel()[0]
    listed = cells.lexicon_of(home.corpus(5, start=2_000_000).parallel())
    word = next(b for a, b in listed.items() if a != b)
    (back,) = bridges._word_for_word(52, 5, [f"{word} qqq, {pair.target}"])
    first, unknown, *rest = back.split()
    assert listed[first] == word and unknown == "qqq" and len(rest) >= len(pair.target_words)


def test_the_judged_way_back_has_a_bleu_and_the_others_have_none():
    ways = ("Ondalese labels", "word for word", "translate-test")
    labelled, glossed, translated = (
        bridges.translation_accuracy(53, way, documents=60, steps=1) for way in ways
    )
    assert labelled["bleu"] is None
    assert 0 <= translated["bleu"] < glossed["bleu"] < 100
    assert all(0 <= made["accuracy"] <= 1 for made in (labelled, glossed, translated))


# --- the exercise that the learner's run decides -------------------------------------------------


@pytest.mark.parametrize(
    ("measured", "option"),
    [
        ([0.3, 0.4], "upside down"),
        ([0.4, 0.4], "chance"),
        ([0.5, 0.7], "chance"),
        ([0.5, 0.9], "half way"),
        ([0.88, 0.92], "carried over"),
    ],
)
def test_the_run_decides_what_five_words_of_opinion_are_worth(measured, option):
    runs = pd.DataFrame({"opinion": 5, "seed": range(2), "some_opinion": measured})
    said, right = exercises.with_five_of_opinion(runs)
    assert right == option and f"{np.mean(measured):.2f}" in said
    exercise = exercises.sheet.exercises["cross-five"]
    for answer in exercise.kind.options:
        assert (exercise.judge(answer, {"with_five": runs})[0] == "right") == (answer == option)


def test_five_words_of_opinion_have_to_be_measured():
    assert "put the call" in exercises.with_five_of_opinion(...)
