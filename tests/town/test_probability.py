"""The probability of the town's text is exact: by proof, by hand, by summing, and by Gibbs."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache, lru_cache
from itertools import product

import numpy as np
import pytest

from tl_helpers import town
from tl_helpers.town import compiled, lexicon
from tl_helpers.town.classes import CLASSES, noun_classes
from tl_helpers.town.generate import LENGTHS, OPENING_NEUTRAL
from tl_helpers.town.people import PERSONS_PER_CELL, occupations, people

# Documents that open alike: what the first sentence tells apart need not be weighed.
GROUPS = {
    "news": ["news"],
    "letter": ["letter"],
    "review": [d for d in lexicon.DOMAINS if d not in ("news", "letter")],
}
SETTINGS = [
    {"seed": 2},
    {
        "seed": 3,
        "zipf": 0.7,
        "distance": 0.8,
        "hard": 0.4,
        "neutral": 0.3,
        "agreement": 0.75,
        "gender_skew": 0.9,
        "mixture": {"film": 2, "book": 1, "gadget": 1, "letter": 1, "news": 0.5},
    },
]


HIDDEN = ("gender", "class")


# --- the grammar gives every text one derivation -------------------------------------------------
@lru_cache(maxsize=1)
def category_words():
    """(category, domain, topic, polarity) -> its possible words, lower-cased."""
    out = {}
    for x in compiled.categories(1.3, 0.5).values():
        for d in range(len(lexicon.DOMAINS)):
            for t in range(4):
                for p in range(2):
                    words = set()
                    free = product(
                        *(range(compiled.SIZES[f]) if f in x.by else [0] for f in HIDDEN)
                    )
                    for at in (dict(zip(HIDDEN, values, strict=True)) for values in free):
                        at |= {"domain": d, "topic": t, "polarity": p}
                        r = 0
                        for feature in x.by:
                            r = r * compiled.SIZES[feature] + at[feature]
                        row = x.weights[r]
                        words |= {w for w, v in zip(x.words, row, strict=True) if v > 0}
                    out[x.name, d, t, p] = frozenset(w.lower() for w in words)
    return out


FIXED = {
    "psub": {"she", "he"},
    "qsub": {"she", "he"},
    "ppos": {"her", "his"},
    "p1": {n[0].lower() for n in people()},
    "p2": {n[1].lower() for n in people()},
}


@cache
def possible(symbol, d, t, p):
    """Every word that may stand for a symbol in a context."""
    if symbol.kind == "literal":
        return {symbol.name.lower()}
    if symbol.kind == "article":
        return {"a", "an"}
    if symbol.name == "occ":
        return {o for o, share in zip(occupations()[0], occupations()[1][d], strict=True) if share}
    if symbol.name in FIXED:
        return FIXED[symbol.name]
    return category_words()[symbol.name, d, t, p ^ int(symbol.opposite)]


def collisions(first, second, contexts_a, contexts_b):
    """Pairs of different patterns that can give the same string, for sets of contexts."""
    symbols = list({s for p in compiled.patterns() for s in p.symbols})
    index = {s: i for i, s in enumerate(symbols)}

    def words(contexts):
        return [set().union(*(possible(s, *x) for x in contexts)) for s in symbols]

    a_words, b_words = words(contexts_a), words(contexts_b)
    meet = np.array([[not a.isdisjoint(b) for b in b_words] for a in a_words])
    clashes = []
    for n in {len(p.symbols) for _, p in first}:
        a = [(i, p) for i, p in first if len(p.symbols) == n]
        b = [(i, p) for i, p in second if len(p.symbols) == n]
        if not a or not b:
            continue
        x = np.array([[index[s] for s in p.symbols] for _, p in a])
        y = np.array([[index[s] for s in p.symbols] for _, p in b])
        same = np.ones((len(a), len(b)), bool)
        for j in range(n):
            same &= meet[np.ix_(x[:, j], y[:, j])]
        clashes += [(a[i], b[j]) for i, j in np.argwhere(same) if a[i][0] != b[j][0]]
    return clashes


def contexts(domains):
    return [(lexicon.DOMAINS.index(d), t, p) for d in domains for t in range(4) for p in range(2)]


def patterns_of(domains, role):
    return [
        (i, p)
        for i, p in enumerate(compiled.patterns())
        if p.role == role and set(p.domains) & set(domains)
    ]


@pytest.mark.parametrize("role", compiled.ROLES)
@pytest.mark.parametrize("group", GROUPS)
def test_no_two_patterns_can_give_the_same_sentence(group, role):
    """A proof over all words, not a sample: first for all contexts at once, then one by one."""
    rules = patterns_of(GROUPS[group], role)
    everywhere = contexts(GROUPS[group])
    for a, b in collisions(rules, rules, everywhere, everywhere):
        for x in everywhere:
            for y in everywhere:
                one, other = (
                    lexicon.DOMAINS[x[0]] in a[1].domains,
                    lexicon.DOMAINS[y[0]] in b[1].domains,
                )
                if one and other:
                    clash = [
                        possible(s, *x) & possible(r, *y)
                        for s, r in zip(a[1].symbols, b[1].symbols, strict=True)
                    ]
                    assert not all(clash), (a[1].source, b[1].source, x, y, clash)


def test_the_first_sentence_tells_the_groups_apart():
    for a in GROUPS:
        for b in GROUPS:
            if a < b:
                one, other = patterns_of(GROUPS[a], "open"), patterns_of(GROUPS[b], "open")
                assert not collisions(one, other, contexts(GROUPS[a]), contexts(GROUPS[b]))


def test_sentences_end_where_the_text_says():
    for p in compiled.patterns():
        marks = [s.name for s in p.symbols if s.name in (".", "!", "?")]
        letter_head = p.role == "open" and p.domains == ("letter",)
        assert marks == ([] if letter_head else [p.symbols[-1].name])


def test_no_ambiguous_sentence_among_a_hundred_thousand():
    corpus = town.Town(seed=11, hard=0.3, neutral=0.3, zipf=0.9).corpus(25_000)
    assert corpus.n_sentences > 100_000
    d = corpus.draws
    group = np.array(
        [next(i for i, g in enumerate(GROUPS) if name in GROUPS[g]) for name in lexicon.DOMAINS]
    )[d.domain[d.doc]]
    seen: dict[tuple[int, int, str], int] = {}
    for k, text in enumerate(corpus.sentences()):
        key = int(group[k]), int(d.role[k]), text
        assert seen.setdefault(key, int(d.pattern[k])) == d.pattern[k], text


# --- by hand: from the string alone, in plain Python ---------------------------------------------
class ByHand:
    """The probability of a text, from the text: every context, every parse, no tables."""

    def __init__(self, **setting):
        self.dials = town.Dials(**setting)
        self.categories = compiled.categories(self.dials.zipf, self.dials.distance)
        weights = self.dials.mixture or dict.fromkeys(lexicon.DOMAINS, 1.0)
        self.shares = {d: w / sum(weights.values()) for d, w in weights.items() if w}
        self.rules = {
            (d, role): [p for p in compiled.patterns() if p.role == role and d in p.domains]
            for d in lexicon.DOMAINS
            for role in compiled.ROLES
        }
        self.classes = {(noun, d, t): CLASSES.index(k) for noun, d, t, k in noun_classes()}

    def word(self, name, d, t, p, g, word, noun=0):
        x = self.categories[name]
        if word not in x.words:
            return 0.0
        at, r = (
            {
                "domain": lexicon.DOMAINS.index(d),
                "topic": t,
                "polarity": p,
                "gender": g,
                "class": noun,
            },
            0,
        )
        for feature in x.by:
            r = r * compiled.SIZES[feature] + at[feature]
        return float(x.weights[r][x.words.index(word)] / x.weights[r].sum())

    def noun(self, p, i, words, d, t):
        """Class of the noun that place ``i`` of a pattern goes with."""
        j = p.governors[i]
        if j < 0:
            return CLASSES.index(p.classes[i])
        forms = [words[j], words[j].lower()]
        nouns = [
            self.classes[f, lexicon.DOMAINS.index(d), t]
            for f in forms
            if (f, lexicon.DOMAINS.index(d), t) in self.classes
        ]
        return nouns[0] if nouns else 0  # no such noun: the sentence has no chance anyway

    def rule(self, p, d, used):
        """Its share of what is left when the rules used before are taken out."""
        if p.family in used:
            return 0.0
        hard, neutral = self.dials.hard, self.dials.neutral
        share = {
            "body": {
                "plain": (1 - neutral) * (1 - hard),
                "hard": (1 - neutral) * hard,
                "neutral": neutral,
            },
            "open": {"plain": 1 - OPENING_NEUTRAL, "neutral": OPENING_NEUTRAL},
            "close": {"plain": 1.0},
            "sign": {"neutral": 1.0},
        }[p.role]
        rules = self.rules[d, p.role]
        kinds = {r.kind for r in rules}
        kind = share[p.kind] / sum(share[k] for k in kinds)
        return (
            kind
            * p.weight
            / sum(r.weight for r in rules if r.kind == p.kind and r.family not in used)
        )

    def sentence(self, words, role, d, t, used):
        """Attributes named, and P(sentence) for both polarities; None when there is no parse."""
        parses = []
        for p in self.rules[d, role]:
            if len(p.symbols) != len(words):
                continue
            names, chance = [], [self.rule(p, d, used)] * 2
            for i, (s, w) in enumerate(zip(p.symbols, words, strict=True)):
                forms = [w] if i else [w, w[0].lower() + w[1:]]
                if s.kind == "literal":
                    ok = s.name in forms
                elif s.kind == "article":
                    ok = any(f in ("a", "an") for f in forms)
                elif s.kind == "attribute":
                    names.append((s.name, w))
                    ok = True
                else:
                    for polarity in (0, 1):
                        chance[polarity] *= sum(
                            self.word(
                                s.name,
                                d,
                                t,
                                polarity ^ int(s.opposite),
                                0,
                                f,
                                self.noun(p, i, words, d, t),
                            )
                            for f in forms
                        )
                    ok = any(chance)
                if not ok:
                    break
            else:
                if len(dict(names)) == len(set(names)) and self.about(dict(names), d, t):
                    parses.append((dict(names), chance, p.family))
        assert len(parses) < 2, words
        return parses[0] if parses else None

    def about(self, names, d, t):
        """P(everything that is named), summed over who the people are."""
        total = 1.0
        for name in ("v1", "v2", "item", "loc", "road", "writer", "to"):
            if name in names:
                total *= self.word(name, d, t, 0, 0, names[name])
        friend = 0.0
        for g in (0, 1):
            chance = 0.5 * (names.get("qsub", ("she", "he")[g]) == ("she", "he")[g])
            for name in ("q", "kin"):
                if name in names:
                    chance *= self.word(name, d, t, 0, g, names[name])
            friend += chance
        order, share, stereotype = occupations()
        local = share[lexicon.DOMAINS.index(d)]
        female = self.dials.female_share(order, stereotype)
        ranks = [(k + 1) ** -self.dials.zipf for k in range(PERSONS_PER_CELL)]
        professional = 0.0
        if not {"occ", "p1", "p2", "psub", "ppos"} & set(names):
            professional = 1.0
        else:
            for k, occupation in enumerate(order):
                for g in (0, 1):
                    for rank in range(PERSONS_PER_CELL):
                        one, two = people()[(k * 2 + g) * PERSONS_PER_CELL + rank]
                        who = {
                            "occ": occupation,
                            "p1": one,
                            "p2": two,
                            "psub": ("she", "he")[g],
                            "ppos": ("her", "his")[g],
                        }
                        if all(names.get(a, v) == v for a, v in who.items()):
                            professional += (
                                local[k]
                                / local.sum()
                                * (1 - female[k] if g else female[k])
                                * ranks[rank]
                                / sum(ranks)
                            )
        return total * friend * professional

    def logprob(self, text):
        text = re.sub(r"^((?:My dear|Dear) \w+),", r"\1,|", text)
        parts = [s for s in re.split(r"(?<=[.!?])\s|\|", text) if s.strip()]
        split = [re.findall(r"[\w'-]+|[.,!?;:]", s) for s in parts]
        total = 0.0
        for d, share in self.shares.items():
            n = len(split) - 2 - (d == "letter")
            if not 1 <= n <= len(LENGTHS):
                continue
            roles = ["open", *["body"] * n, "close", "sign"][: len(split)]
            for t in range(4):
                sentences, used = [], []
                for w, r in zip(split, roles, strict=True):
                    sentences.append(self.sentence(w, r, d, t, used))
                    if sentences[-1] is None:
                        break
                    used.append(sentences[-1][2])
                if None in sentences:
                    continue
                pairs = {pair for names, _, _ in sentences for pair in names.items()}
                if len(dict(pairs)) < len(pairs):
                    continue
                for mood in (0, 1):
                    chance = share / 4 / 2 * LENGTHS[n - 1] * self.about(dict(pairs), d, t)
                    for role, (_, by_polarity, _) in zip(roles, sentences, strict=True):
                        same = self.dials.agreement if role == "body" else 1.0
                        chance *= same * by_polarity[mood] + (1 - same) * by_polarity[1 - mood]
                    total += chance
        return math.log(total)


@pytest.mark.parametrize("setting", SETTINGS)
def test_logprob_is_that_of_the_string_worked_out_by_hand(setting):
    corpus = town.Town(**setting).corpus(150)
    hand = ByHand(**setting)
    expected = np.array([hand.logprob(text) for text in corpus.texts()])
    # The tables hold 22 bits a word, hence the small tolerance.
    np.testing.assert_allclose(corpus.logprob(), expected, atol=0.01)
    assert np.abs(corpus.logprob() - expected).mean() < 1e-3


# --- by summing ----------------------------------------------------------------------------------
def test_rows_of_the_tables_sum_to_one():
    for setting in SETTINGS:
        table = town.Town(**setting).engine.table
        for a, b in zip(table.start[:-1], table.start[1:], strict=True):
            assert np.exp(table.logp[a:b]).sum() == pytest.approx(1, abs=1e-9)
        ends = table.keys[table.start[1:] - 1]
        np.testing.assert_array_equal(ends, np.arange(1, len(ends) + 1) * compiled.ONE)
        assert (np.diff(table.keys) >= 0).all()


def test_all_words_of_a_slot_share_out_the_probability_of_the_sentence():
    """Swap one word for each of its rivals: the probabilities sum to that of the gap."""
    corpus = town.Town(**SETTINGS[1]).corpus(40)
    hand, checked = ByHand(**SETTINGS[1]), 0
    d, e = corpus.draws, corpus.engine
    words, starts = corpus.words().tolist(), d.t_start[d.s_start]
    for at in d.slots[:: max(1, len(d.slots) // 12)]:
        category = list(e.categories.values())[e.p_arg[d.place[at]]]
        if category.name not in ("int", "int2", "day", "month", "hero", "num", "company"):
            continue
        k = int(d.doc[d.sentence[at]])
        chances = []
        for word in category.words:
            swapped = [*words[starts[k] : at], word, *words[at + 1 : starts[k + 1]]]
            if words[at][0].isupper() and word.islower():
                swapped[at - starts[k]] = word[0].upper() + word[1:]
            text = re.sub(r" ([.,!?;:])", r"\1", " ".join(swapped))
            chances.append(math.exp(hand.logprob(text) - corpus.logprob()[k]))
        own = hand.word(
            category.name,
            lexicon.DOMAINS[d.domain[k]],
            int(d.topic[k]),
            0,
            0,
            words[at] if words[at] in category.words else words[at].lower(),
        )
        assert sum(chances) == pytest.approx(1 / own, rel=0.02)
        checked += 1
    assert checked


# --- entropy -------------------------------------------------------------------------------------
def under(corpus, **setting):
    """Log-probability of a corpus under the dials of another town."""
    return replace(corpus, engine=town.Town(**setting).engine).logprob()


@pytest.mark.parametrize(
    "wrong",
    [
        {"hard": 0.2},
        {"neutral": 0.2},
        {"zipf": 1.2},
        {"distance": 0.6},
        {"agreement": 0.8},
        {"gender_skew": 0.1},
        {"mixture": dict.fromkeys(lexicon.DOMAINS, 1) | {"film": 3}},
    ],
)
def test_a_wrong_model_pays_for_it_and_probabilities_sum_to_one(wrong):
    """Gibbs: cross-entropy exceeds entropy. And the mean likelihood ratio is one."""
    right = {"agreement": 0.9, "zipf": 1.3}
    corpus = town.Town(seed=6, **right).corpus(20_000)
    gap = corpus.logprob() - under(corpus, **(right | wrong))
    assert np.isfinite(gap).all()
    error = gap.std() / math.sqrt(len(gap))
    assert gap.mean() > 4 * error
    ratio = np.exp(-gap)  # E[q / p] under p is the sum of q over all texts
    assert ratio.mean() == pytest.approx(1, abs=5 * ratio.std() / math.sqrt(len(ratio)))
    assert ratio.std() / math.sqrt(len(ratio)) < 0.2


@pytest.mark.parametrize(
    "less, more",
    [
        ({"zipf": 1.8}, {"zipf": 0.4}),
        ({"agreement": 1.0}, {"agreement": 0.5}),
        ({"mixture": {"film": 1}}, {}),
        ({"distance": 0.0}, {"distance": 0.5}),
    ],
)
def test_dials_move_the_entropy_the_right_way(less, more):
    low, high = (town.Town(seed=6, **x).corpus(6_000).logprob() for x in (less, more))
    gap = low - high  # document by document: most draws are shared
    assert gap.mean() > 4 * gap.std() / math.sqrt(len(gap))


def test_labels_cost_nothing():
    corpus = town.Town(seed=6, noise=0.3).corpus(200)
    np.testing.assert_array_equal(corpus.logprob(), town.Town(seed=6).corpus(200).logprob())
    assert corpus.entropy_per_token() == pytest.approx(-corpus.logprob().sum() / corpus.n_tokens)
    assert 1.0 < corpus.entropy_per_token() < 2.0
