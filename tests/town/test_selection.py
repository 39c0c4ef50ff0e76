"""Verbs and adjectives of the town know their nouns, and a document does not repeat itself."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from tl_helpers import town
from tl_helpers.town import compiled, lexicon
from tl_helpers.town.classes import CLASSES, fits, noun_classes
from tl_helpers.town.generate import ATTRIBUTE_COLUMNS
from tl_helpers.town.governors import DEPENDENT


@pytest.fixture(scope="module")
def corpus():
    return town.Town(seed=9, hard=0.3, neutral=0.2, agreement=0.8).corpus(6_000)


def test_every_noun_has_one_class():
    class_of = {(word, d, t): name for word, d, t, name in noun_classes()}
    assert set(class_of.values()) <= set(CLASSES)
    for i, domain in enumerate(lexicon.DOMAINS):
        for j, topic in enumerate(lexicon.TOPICS[domain]):
            nouns = [lexicon.words(name, domain, topic) for name in ("thing", "things", "item")]
            for word in (*itertools.chain(*nouns), *lexicon.words("place", domain)):
                assert class_of.get((word, i, j)), (word, domain, topic)


def test_every_class_has_words_of_its_own_to_say():
    """Else a slot would fall back on the whole list, and say anything."""
    for word, d, _, name in noun_classes():
        domain = lexicon.DOMAINS[d]
        lists = [("loved",), ("moved",)]
        if name in ("room", "yard") and word in lexicon.words("place", domain):
            lists.append(("evall",))
        else:
            lists += [("eval", domain), ("worked",)]
        for part, *where in lists:
            for polarity in compiled.POLARITIES:
                own = lexicon.words(part, *where, polarity)
                assert sum(fits(part, w, name) for w in own) >= 2, (word, part)


def test_every_verb_and_adjective_that_depends_on_a_noun_has_found_it():
    for p in compiled.patterns():
        for i, s in enumerate(p.symbols):
            if s.kind == "slot" and s.name in DEPENDENT:
                assert (p.governors[i] >= 0) != bool(p.classes[i]), p.source


@pytest.mark.parametrize(
    "part, word, yes, no",
    [
        ("loved", "savoured", "drink bake", "device weather job text"),
        ("love", "relish", "meal", "part plant"),
        ("worked", "dragged", "thrill event", "meal part"),
        ("eval", "turgid", "text", "room meal dish"),
        ("eval", "chaotic", "event", "weather crop"),
        ("newsdid", "saved", "building crop", "weather"),
        ("made", "brewed", "drink", "bake"),
    ],
)
def test_words_go_with_some_classes_and_not_with_others(part, word, yes, no):
    assert all(fits(part, word, name) for name in yes.split())
    assert not any(fits(part, word, name) for name in no.split())


def test_what_is_savoured_can_be_eaten():
    """From the text: verb of the table, noun after it."""
    corpus = town.Town(seed=9, zipf=0.3).corpus(6_000)
    class_of = {(w, lexicon.DOMAINS[d]): k for w, d, _, k in noun_classes()}
    seen = 0
    for text, d in zip(corpus.texts(), corpus.draws.domain, strict=True):
        nouns = re.findall(r"\b(?:savour|relish)(?:ed)? (?:all )?the ([a-z][\w-]*)[ .,]", text)
        for noun in nouns:
            kind = class_of.get((noun, lexicon.DOMAINS[d]))
            if kind is not None:  # else an adjective stands between
                assert fits("loved", "savoured", kind), text
                seen += 1
    assert seen > 20


def test_no_rule_is_followed_twice_in_a_document(corpus):
    d, family = corpus.draws, corpus.engine.families.of_pattern
    pairs = d.doc * 10_000 + family[d.pattern]
    assert len(np.unique(pairs)) == len(pairs)
    bounds, sentences = d.s_start.tolist(), corpus.sentences()
    for a, b in zip(bounds[:-1], bounds[1:], strict=True):
        assert len(set(sentences[a:b])) == b - a


def test_rules_never_run_out():
    """In the longest document there is always one that was not used."""
    number: dict[tuple[str, str, str], set[int]] = {}
    for p in compiled.patterns():
        for domain in p.domains:
            number.setdefault((domain, p.role, p.kind), set()).add(p.family)
    for (domain, role, kind), body in number.items():
        if role == "body":
            elsewhere = set().union(
                *(
                    families
                    for (other, place, _), families in number.items()
                    if other == domain and place == "open"
                )
            )
            assert len(body - elsewhere) >= 6, (domain, kind)


def test_a_rule_used_twice_has_no_chance(corpus):
    judge = town.Judge()
    text = "I loved the Copper Kettle. The tea was good. We will certainly return."
    again = text.replace("The tea was good.", "The tea was good. The tea was good.")
    assert np.isfinite(judge(text).logprob) and judge(again).logprob == -np.inf
    for row in (0, 7, 19):
        alone = town.Town(seed=9).corpus(1, start=row)
        assert judge(alone.texts()[0]).logprob == pytest.approx(alone.logprob()[0], abs=1e-6)


def test_nobody_in_a_letter_shares_a_name_with_its_reader():
    names = [set(lexicon.words(category)) for category in ("to", "writer", "q")]
    assert sum(map(len, names)) == len(set().union(*names))
    assert "to" in ATTRIBUTE_COLUMNS
    for text in town.Town(seed=4, mixture={"letter": 1}).corpus(300).texts():
        reader = re.match(r"(?:My dear|Dear) (\w+),", text)
        assert reader and len(re.findall(rf"\b{reader[1]}\b", text)) == 1
        writer = re.search(r"(\w+)\.$", text)
        assert writer and writer[1] in lexicon.words("writer")


def test_adjectives_do_not_repeat_their_noun(corpus):
    for text in corpus.texts():
        for one, other in re.findall(r"\b([a-z]{4,}) ([a-z]{4,})\b", text):
            assert one.rstrip("s") != other.rstrip("s"), text
