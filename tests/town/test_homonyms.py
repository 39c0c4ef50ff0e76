"""The town's homonyms: unrelated meanings, told apart by the other words and by nothing else."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB

from tl_helpers import questions, town
from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.town import HOMONYMS

SENSES = [(word, name) for word, senses in HOMONYMS.items() for name in senses]


@pytest.fixture(scope="module")
def corpus():
    return town.Town(seed=1).corpus(20_000)


@pytest.fixture(scope="module")
def counts(corpus):
    homonyms = corpus.homonyms()
    return Counter(zip(homonyms.word.tolist(), homonyms.sense.tolist(), strict=True))


# --- the table -----------------------------------------------------------------------------------
def test_every_homonym_has_two_senses_in_different_topics():
    assert len(HOMONYMS) >= 24
    for word, senses in HOMONYMS.items():
        assert len(senses) >= 2 and word == word.lower()
        places = [place for sense in senses.values() for place in sense.where]
        assert len(set(places)) == len(places) >= len(senses)
        assert all(topic in town.TOPICS[domain] for domain, topic in places)
        assert len({sense.gloss for sense in senses.values()}) == len(senses)
        assert all(word not in sense.gloss.split() for sense in senses.values())


def test_a_homonym_is_used_in_its_topics_and_nowhere_else_in_the_lexicon():
    """Of all words the town can say, in any letter case: the senses cover every use."""
    engine = town.Town().engine
    for word, senses in HOMONYMS.items():
        assert [s for s in engine.surfaces if s.lower() == word] == [word]
        used = set()
        homes = [x for x in engine.categories.values() if word in x.words]
        for x in homes:  # a single category: the same places in the same sentences
            weights = x.weights[:, x.words.index(word)].reshape(len(town.DOMAINS), 4)
            assert x.by == ("domain", "topic")
            used |= {
                (town.DOMAINS[i], town.TOPICS[town.DOMAINS[i]][j]) for i, j in np.argwhere(weights)
            }
        assert len(homes) == 1
        assert used == {place for sense in senses.values() for place in sense.where}
        literals = {s.name for p in engine.patterns for s in p.symbols if s.kind == "literal"}
        assert word not in literals


# --- what is said of a corpus --------------------------------------------------------------------
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    st.integers(-(2**70), 2**70),
    st.floats(0, 2),
    st.integers(1, 400),
    st.integers(0, 10**12),
    st.none() | st.dictionaries(st.sampled_from(town.DOMAINS), st.floats(0.01, 10), min_size=1),
)
def test_every_homonym_of_a_corpus_is_found_with_the_sense_of_its_topic(
    seed, zipf, n, start, mixture
):
    made = town.Town(seed=seed, zipf=zipf, mixture=mixture).corpus(n, start=start)
    homonyms, words = made.homonyms(), made.words()
    lower = [w.lower() for w in words.tolist()]
    assert homonyms.position.tolist() == [i for i, w in enumerate(lower) if w in HOMONYMS]
    assert words[homonyms.position].tolist() == homonyms.word.tolist()
    assert len({len(column) for column in homonyms}) == 1
    d = made.draws
    for at, word, sense, label in zip(*(x.tolist() for x in homonyms), strict=True):
        doc = d.doc[d.sentence[at]]
        domain = town.DOMAINS[d.domain[doc]]
        assert (domain, town.TOPICS[domain][d.topic[doc]]) in HOMONYMS[word][sense].where
        assert [*HOMONYMS[word]][label] == sense


def test_a_corpus_without_homonyms():
    made = town.Town(mixture={"book": 1}).corpus(400)
    cookery = np.flatnonzero(made.draws.topic == town.TOPICS["book"].index("cookery"))
    alone = town.Town(mixture={"book": 1}).corpus(1, start=int(cookery[0]))
    assert [len(column) for column in alone.homonyms()] == [0, 0, 0, 0]


def test_every_sense_is_frequent_and_no_sense_rules(counts):
    for word, senses in HOMONYMS.items():
        seen = [counts[word, sense] for sense in senses]
        assert min(seen) >= 60, (word, seen)
        assert max(seen) <= 4 * min(seen), (word, seen)


def test_the_senses_stand_in_the_same_sentences(corpus):
    """Most uses of a sense follow a rule that the domain of the other sense has too; the rest is
    what reviews say and the newspaper does not, or the other way round."""
    homonyms, e = corpus.homonyms(), corpus.engine
    rules = {d: {p.source for p in e.patterns if d in p.domains} for d in town.DOMAINS}
    pattern = corpus.draws.pattern[corpus.draws.sentence[homonyms.position]]
    rule = np.array([p.source for p in e.patterns], dtype=object)[pattern]
    shares = []
    for word, senses in HOMONYMS.items():
        for name in senses:
            here = rule[(homonyms.word == word) & (homonyms.sense == name)]
            for other in set(senses) - {name}:
                for domain, _ in senses[other].where:
                    shares.append(np.mean([r in rules[domain] for r in here]))
                    assert shares[-1] >= 0.7, (word, name, other, shares[-1])
    assert np.mean(shares) >= 0.9


# --- the task ------------------------------------------------------------------------------------
@pytest.mark.parametrize("level", ["document", "sentence"])
def test_the_task_is_balanced_aligned_and_its_parts_share_no_document(level):
    task = questions.sense_task(3, 7, level=level)
    assert not set(task.train.document.tolist()) & set(task.test.document.tolist())
    made = town.Town(seed=20_003).corpus(int(max(part.document.max() for part in task)) + 1)
    homonyms, d = made.homonyms(), made.draws
    gold = {
        (int(d.doc[d.sentence[at]]), word, sense)
        for at, word, sense in zip(homonyms.position, homonyms.word, homonyms.sense, strict=True)
    }
    source = made.texts() if level == "document" else made.sentences()
    for part in task:
        pairs = Counter(zip(part.word.tolist(), part.sense.tolist(), strict=True))
        assert pairs == dict.fromkeys(SENSES, 7)
        once = set(zip(part.document.tolist(), part.word.tolist(), strict=True))
        assert len(once) == len(part.texts) == len(part.words)
        for k, words in enumerate(part.words):
            assert words[part.position[k]] == part.word[k]
            assert "".join(words) == part.texts[k].replace(" ", "")
            assert [*HOMONYMS[part.word[k]]][part.label[k]] == part.sense[k]
            number = int(part.document[k])
            assert (number, part.word[k], part.sense[k]) in gold
            a, b = (number, number + 1) if level == "document" else d.s_start[number : number + 2]
            assert part.texts[k] in source[a:b]


def test_the_task_takes_some_words_and_is_the_same_each_time():
    one, again = (questions.sense_task(0, 3, words=["bass", "mint", "bass"]) for _ in range(2))
    assert Counter(one.test.word.tolist()) == {"bass": 6, "mint": 6}
    assert one.train.texts == again.train.texts
    assert one.train.texts != questions.sense_task(1, 3, words=["bass", "mint"]).train.texts


def test_the_other_words_tell_the_senses_apart():
    """A bag of the document's words, the homonym left out; a sentence alone often does not do."""
    right = {}
    for level in ("document", "sentence"):
        train, test = questions.sense_task(0, 20, level=level)
        bags = []
        for part in (train, test):
            pairs = zip(part.words, part.position, strict=True)
            bags.append([[w for i, w in enumerate(words) if i != at] for words, at in pairs])
        counter = CountVectorizer(analyzer=lambda words: [w.lower() for w in words])
        x, y = counter.fit_transform(bags[0]), counter.transform(bags[1])
        hits = []
        for word in HOMONYMS:
            a, b = train.word == word, test.word == word
            hits.append(MultinomialNB().fit(x[a], train.label[a]).score(y[b], test.label[b]))
        right[level] = np.mean(hits)
    assert right["document"] > 0.95
    assert 0.6 < right["sentence"] < 0.85


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"n": 0}, "from 1 to 500"),
        ({"n": 501}, "n=501"),
        ({"n": 2.5}, "n=2.5"),
        ({"n": True}, "n=True"),
        ({"level": "paragraph"}, '"document", "sentence"'),
        ({"words": []}, "No homonyms"),
    ],
)
def test_impossible_tasks(wrong, message):
    with pytest.raises(BadValue, match=message):
        questions.sense_task(0, **wrong)


def test_a_word_that_is_no_homonym():
    with pytest.raises(UnknownName, match="bass"):
        questions.sense_task(0, words=["bas"])
