"""Drawing documents from the tables, all at once, and knowing how probable each of them was.

The generative story of a document:

1. domain, topic (given the domain), sentiment (a fair coin), number of sentences;
2. what it is about: venue, item, street, a professional (occupation, then gender by the skew dial,
   then a person), a friend or relative, a writer;
3. each sentence: its polarity (that of the document in opening and closing; in the body with
   probability ``agreement``), a pattern, then one word per slot given domain, topic and polarity.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from tl_helpers.town import compiled, lexicon
from tl_helpers.town.classes import CLASSES, noun_classes
from tl_helpers.town.dials import Dials
from tl_helpers.town.draws import Draws
from tl_helpers.town.families import Families
from tl_helpers.town.people import PERSONS_PER_CELL, occupations, people
from tl_helpers.town.random import draw, keys

LENGTHS = np.array([0.10, 0.20, 0.25, 0.20, 0.15, 0.10])  # 1..6 body sentences
OPENING_NEUTRAL = 0.7  # share of openings without an opinion, where the domain has both kinds
SLOT, LITERAL, ATTRIBUTE, ARTICLE = range(4)
_DOC, _SENTENCE = 32, 64  # random positions kept for a document, and for each of its sentences
SIMPLE = ("v1", "v2", "item", "loc", "road", "writer", "to")
ATTRIBUTE_COLUMNS = (
    *("v1", "v2", "item", "loc", "road", "writer"),
    *("q", "kin"),  # a friend or relative: name and kinship
    *("occ", "p1", "p2", "psub", "ppos"),  # a professional: occupation, names, she/he, her/his
    *("qsub", "to"),  # she/he for the friend, and whom a letter is written to
)


class _About(NamedTuple):
    """What is drawn once for each document, ``[documents]`` each."""

    entries: dict[str, np.ndarray]  # table entry of each draw
    domain: np.ndarray
    topic: np.ndarray
    sentiment: np.ndarray
    body: np.ndarray  # number of sentences between opening and closing
    noise: np.ndarray  # whether the label is flipped
    occupation: np.ndarray
    gender: np.ndarray
    surface: np.ndarray  # [documents, ATTRIBUTE_COLUMNS]


class _Sentences(NamedTuple):
    """What is drawn for each sentence; names as in ``Draws``."""

    s_start: np.ndarray
    doc: np.ndarray
    role: np.ndarray
    polarity: np.ndarray
    pattern: np.ndarray
    p_entry: np.ndarray
    position: np.ndarray  # of its first random number


class _Words(NamedTuple):
    """What stands in each token and was drawn for each slot; names as in ``Draws``."""

    t_start: np.ndarray
    sentence: np.ndarray
    place: np.ndarray
    token: np.ndarray
    slots: np.ndarray
    w_entry: np.ndarray


class Engine:
    """The tables for one setting of the dials. Stateless: every method is a pure function."""

    def __init__(self, dials: Dials) -> None:
        self.dials = dials
        self.patterns = compiled.patterns()
        self.categories = compiled.categories(dials.zipf, dials.distance)
        self._make_surfaces()
        self._make_tables()
        self._make_patterns()
        self._make_rows()

    # --- vocabulary ----------------------------------------------------------------------------
    def _make_surfaces(self) -> None:
        words: dict[str, int] = {}
        for category in self.categories.values():
            for w in category.words:
                words.setdefault(w, len(words))
        for p in self.patterns:
            for s in p.symbols:
                if s.kind == "literal":
                    words.setdefault(s.name, len(words))
        for extra in ("a", "an", "she", "he", "her", "his", *occupations()[0]):
            words.setdefault(extra, len(words))
        for name in people():
            for part in name:
                words.setdefault(part, len(words))
        self.surfaces = list(words)
        self.surface_id = words
        self.vowel = np.array([compiled.starts_with_vowel_sound(w) for w in words])
        closed = np.array([w in ".,!?;:" for w in words])
        # Text pieces: [as is, capitalised], with the space that goes before.
        pieces = [("" if shut else " ") + w for w, shut in zip(words, closed, strict=True)]
        big = [p[:1] + p[1:2].upper() + p[2:] for p in pieces]
        self.pieces = np.array([*pieces, *big], dtype=object)
        self.capitalised = np.array([*words, *(w[:1].upper() + w[1:] for w in words)], dtype=object)

    # --- probability tables ------------------------------------------------------------------
    def _make_tables(self) -> None:
        ids = self.surface_id
        rows = [
            (x.name, x.weights, np.array([ids[w] for w in x.words]))
            for x in self.categories.values()
        ]
        d = self.dials
        order, share, stereotype = occupations()
        skew = d.female_share(order, stereotype)
        person_rank = compiled.zipf(PERSONS_PER_CELL, d.zipf)
        everyone = np.arange(len(people()))
        in_cell = everyone // PERSONS_PER_CELL == np.arange(len(order) * 2)[:, None]
        rows += [
            ("occ", share, np.arange(len(order))),
            ("pgender", np.stack([skew, 1 - skew], 1), np.arange(2)),
            ("person", in_cell * np.tile(person_rank, len(order) * 2), everyone),
            ("qgender", np.array([[0.5, 0.5]]), np.arange(2)),
            ("domain", d.domain_shares()[None], np.arange(len(lexicon.DOMAINS))),
            ("topic", np.full((1, 4), 0.25), np.arange(4)),
            ("sentiment", np.array([[0.5, 0.5]]), np.arange(2)),
            ("length", LENGTHS[None], np.arange(len(LENGTHS)) + 1),
            ("agree", np.array([[1 - d.agreement, d.agreement]]), np.arange(2)),
            ("noise", np.array([[1 - d.noise, d.noise]]), np.arange(2)),
        ]
        self.table = compiled.build_table([*rows, *self._pattern_rows()])
        self.families = Families(self.table, self.patterns)

    def _pattern_rows(self) -> list[tuple[str, np.ndarray, np.ndarray]]:
        """Which kind of sentence, for each (domain, role); then which pattern of that kind."""
        # [patterns] how the opinion is said: index into KINDS
        self.p_manner = np.array([compiled.KINDS.index(p.kind) for p in self.patterns])
        weights = np.zeros((len(lexicon.DOMAINS) * 4 * 3, len(self.patterns)))
        for j, p in enumerate(self.patterns):
            for name in p.domains:
                place = lexicon.DOMAINS.index(name) * 4 + compiled.ROLES.index(p.role)
                weights[place * 3 + self.p_manner[j], j] = p.weight
        there = weights.sum(1).reshape(-1, 3) > 0
        shares = there * np.array(
            [self._kind_shares(compiled.ROLES[i % 4]) for i in range(len(there))]
        )
        shares[~there.any(1)] = 1.0  # of a role that no document uses (only letters are signed)
        weights[~there.reshape(-1)] = 1.0
        return [
            ("manner", shares, np.arange(3)),
            ("pattern", weights, np.arange(len(self.patterns))),
        ]

    def _kind_shares(self, role: str) -> tuple[float, float, float]:
        d = self.dials
        if role == "body":
            opinion = 1 - d.neutral
            return opinion * (1 - d.hard), opinion * d.hard, d.neutral
        if role == "open":
            return 1 - OPENING_NEUTRAL, 0.0, OPENING_NEUTRAL
        return 1.0, 0.0, 1.0  # there is one kind only

    # --- patterns as arrays ----------------------------------------------------------------------
    def _make_patterns(self) -> None:
        """``p_*``: all places of all patterns one after the other, from ``p_start[pattern]`` on."""
        self.relations = sorted({r for p in self.patterns for r in p.relations})
        relation_id = {r: i for i, r in enumerate(self.relations)}
        symbols = [s for p in self.patterns for s in p.symbols]
        kind, arg = zip(*map(self._what_stands_there, symbols), strict=True)
        self.p_kind, self.p_arg = np.array(kind, np.int8), np.array(arg, np.int32)
        self.p_flip = np.array([s.opposite for s in symbols], np.int8)
        self.p_pos = np.array([compiled.UPOS.index(s.pos) for s in symbols], np.int8)
        self.p_head = np.array([h for p in self.patterns for h in p.heads], np.int16)
        self.p_rel = np.array(
            [relation_id[r] for p in self.patterns for r in p.relations], np.int16
        )
        self.p_noun = np.array([i for p in self.patterns for i in p.governors], np.int16)
        fixed = [CLASSES.index(name) for p in self.patterns for name in p.classes]
        self.p_class = np.array(fixed, np.int8)
        self.p_start = np.concatenate([[0], np.cumsum([len(p.symbols) for p in self.patterns])])
        self.p_role = np.array([compiled.ROLES.index(p.role) for p in self.patterns], np.int8)
        self.p_opinion = np.array([p.kind != "neutral" for p in self.patterns])
        self.p_hard = np.array([p.kind == "hard" for p in self.patterns])

    def _what_stands_there(self, s: compiled.Symbol) -> tuple[int, int]:
        """The kind of a place, and its category, its attribute or the surface of its word."""
        if s.kind == "slot":
            return SLOT, list(self.categories).index(s.name)
        if s.kind == "attribute":
            return ATTRIBUTE, ATTRIBUTE_COLUMNS.index(s.name)
        return (LITERAL if s.kind == "literal" else ARTICLE), self.surface_id[s.name]

    # --- rows of the table -----------------------------------------------------------------------
    def _make_rows(self) -> None:
        """What ``row`` and ``noun_class`` look up."""
        categories = self.categories.values()
        self.class_of = np.zeros((len(self.surfaces), len(lexicon.DOMAINS), 4), np.int8)
        for word, domain, topic, name in noun_classes():
            self.class_of[self.surface_id[word], domain, topic] = CLASSES.index(name)
        self.cat_base = np.array([self.table.base[x.name] for x in categories])
        strides = []
        for x in categories:
            stride, step = dict.fromkeys(compiled.SIZES, 0), 1
            for feature in reversed(x.by):
                stride[feature], step = step, step * compiled.SIZES[feature]
            strides.append([stride[f] for f in ("domain", "topic", "polarity", "class")])
        self.cat_stride = np.array(strides).T.copy()

    def row(self, cat: np.ndarray, domain: Any, topic: Any, polarity: Any, noun: Any = 0) -> Any:
        """Table row of categories ``cat`` in a context; all arguments broadcast.

        ``noun`` is the class of the noun that the word goes with. Of a category that does not
        depend on something, the stride of that is 0.
        """
        of_domain, of_topic, of_polarity, of_noun = self.cat_stride
        row = self.cat_base[cat] + of_domain[cat] * domain + of_topic[cat] * topic
        return row + of_polarity[cat] * polarity + of_noun[cat] * noun

    def noun_class(
        self, token: np.ndarray, first: np.ndarray, place: np.ndarray, domain: Any, topic: Any
    ) -> np.ndarray:
        """Class of the noun that each slot goes with.

        Args:
            token: ``[tokens]`` surfaces.
            first: ``[slots]`` where in ``token`` the sentence of each slot starts.
            place: ``[slots]`` its place in the pattern tables.
            domain, topic: of its document.
        """
        noun = self.p_noun[place]
        of_noun = self.class_of[token[first + np.maximum(noun, 0)], domain, topic]
        return np.where(noun >= 0, of_noun, self.p_class[place]).astype(np.int64)

    def pick(self, row: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Entry of the table drawn by the uniform integers ``u`` from each ``row``."""
        return np.searchsorted(self.table.keys, row * np.int64(compiled.ONE) + u, side="right")

    # --- drawing ---------------------------------------------------------------------------------
    def draw_documents(self, index: np.ndarray) -> Draws:
        """Everything drawn for the documents of that ``index`` (their running numbers)."""
        key = keys(self.dials.seed, index)
        about = self._draw_about(key)
        sentences = self._draw_sentences(key, about)
        words = self._draw_words(key, about, sentences)
        return Draws(
            index=index,
            domain=about.domain,
            topic=about.topic,
            sentiment=about.sentiment,
            label=about.sentiment ^ about.noise,
            occupation=about.occupation,
            gender=about.gender,
            entries=about.entries,
            s_start=sentences.s_start,
            doc=sentences.doc,
            role=sentences.role,
            polarity=sentences.polarity,
            pattern=sentences.pattern,
            p_entry=sentences.p_entry,
            **words._asdict(),
        )

    def _draw_about(self, key: np.ndarray) -> _About:
        t, ids = self.table, self.surface_id
        entries: dict[str, np.ndarray] = {}
        counter = iter(range(_DOC))

        def drawn(name: str, row: np.ndarray | int) -> np.ndarray:
            rows = np.broadcast_to(np.asarray(row) + t.base[name], key.shape)
            entries[name] = self.pick(rows, draw(key, next(counter)))
            return t.token[entries[name]]

        domain = drawn("domain", 0).astype(np.int64)
        topic = drawn("topic", 0).astype(np.int64)
        sentiment, body, noise = drawn("sentiment", 0), drawn("length", 0), drawn("noise", 0)

        def simple(name: str) -> np.ndarray:
            cat = np.full(len(key), list(self.categories).index(name))
            return drawn(name, self.row(cat, domain, topic, 0) - t.base[name])

        surface = {x: simple(x) for x in SIMPLE if x != "to"}
        occupation = drawn("occ", domain).astype(np.int64)
        gender = drawn("pgender", occupation)
        person = drawn("person", occupation * 2 + gender)
        friend = drawn("qgender", 0)  # the gender of a friend or relative
        surface["q"], surface["kin"] = drawn("q", friend), drawn("kin", friend)
        surface["to"] = simple("to")
        surface["occ"] = np.array([ids[o] for o in occupations()[0]])[occupation]
        first, last = np.array([[ids[part] for part in name] for name in people()]).T
        surface |= {"p1": first[person], "p2": last[person]}
        subject, possessive = np.array([[ids["she"], ids["he"]], [ids["her"], ids["his"]]])
        surface |= {"psub": subject[gender], "ppos": possessive[gender], "qsub": subject[friend]}
        columns = np.stack([surface[name] for name in ATTRIBUTE_COLUMNS], 1)
        return _About(entries, domain, topic, sentiment, body, noise, occupation, gender, columns)

    def _draw_sentences(self, key: np.ndarray, about: _About) -> _Sentences:
        t, body = self.table, about.body
        letter = about.domain == lexicon.DOMAINS.index("letter")
        s_start = np.concatenate([[0], np.cumsum(2 + body + letter)])
        doc = np.repeat(np.arange(len(key)), np.diff(s_start))
        number = np.arange(len(doc)) - s_start[doc]  # within the document
        role = np.select([number == 0, number <= body[doc], number == body[doc] + 1], [0, 1, 2], 3)
        position = _DOC + number * _SENTENCE
        agrees = t.token[self.pick(np.full(len(doc), t.base["agree"]), draw(key[doc], position))]
        sentiment = about.sentiment[doc]
        polarity = np.where((role == 1) & (agrees == 0), 1 - sentiment, sentiment)
        where = about.domain[doc] * 4 + role
        u = draw(key[doc], position + _SENTENCE - 1)
        manner = t.token[self.pick(t.base["manner"] + where, u)]
        p_entry = self.families.draw(where * 3 + manner, s_start, draw(key[doc], position + 1))
        pattern = t.token[p_entry].astype(np.int64)
        return _Sentences(s_start, doc, role, polarity, pattern, p_entry, position)

    def _draw_words(self, key: np.ndarray, about: _About, sentences: _Sentences) -> _Words:
        length = np.diff(self.p_start)[sentences.pattern]
        t_start = np.concatenate([[0], np.cumsum(length)])
        sentence = np.repeat(np.arange(len(length)), length)
        within = np.arange(t_start[-1]) - t_start[sentence]
        place = self.p_start[sentences.pattern[sentence]] + within
        doc = sentences.doc[sentence]
        kind, arg = self.p_kind[place], self.p_arg[place]
        token = arg.copy()
        named = np.flatnonzero(kind == ATTRIBUTE)
        token[named] = about.surface[doc[named], arg[named]]
        slots = np.flatnonzero(kind == SLOT)
        w_entry = np.empty(len(slots), np.int64)
        waits = self.p_noun[place[slots]] >= 0  # for its noun
        for now in (~waits, waits):
            slot = slots[now]
            its_sentence, its_doc = sentence[slot], doc[slot]
            domain, topic = about.domain[its_doc], about.topic[its_doc]
            polarity = sentences.polarity[its_sentence] ^ self.p_flip[place[slot]]
            noun = self.noun_class(token, t_start[its_sentence], place[slot], domain, topic)
            rows = self.row(arg[slot], domain, topic, polarity, noun)
            position = sentences.position[its_sentence] + 2 + within[slot]
            w_entry[now] = self.pick(rows, draw(key[its_doc], position))
            token[slot] = self.table.token[w_entry[now]]
        article = np.flatnonzero(kind == ARTICLE)
        before_vowel = self.vowel[token[article + 1]]
        token[article] = np.where(before_vowel, self.surface_id["an"], self.surface_id["a"])
        return _Words(t_start, sentence, place, token, slots, w_entry)
