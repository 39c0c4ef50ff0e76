"""Drawing documents from the tables, all at once, and knowing how probable each of them was.

The generative story of a document:

1. domain, topic (given the domain), sentiment (a fair coin), number of sentences;
2. what it is about: venue, item, street, a professional (occupation, then gender by the skew dial,
   then a person), a friend or relative, a writer;
3. each sentence: its polarity (that of the document in opening and closing; in the body with
   probability ``agreement``), a pattern, then one word per slot given domain, topic and polarity.
"""

from __future__ import annotations

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


class Engine:
    """The tables for one setting of the dials. Stateless: every method is a pure function."""

    def __init__(self, dials: Dials) -> None:
        self.dials = dials
        self.patterns = compiled.patterns()
        self.categories = compiled.categories(dials.zipf, dials.distance)
        self._make_surfaces()
        self._make_tables()
        self._make_patterns()

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
        # Which kind of sentence, for each (domain, role); then which pattern of that kind.
        self.p_what = np.array([compiled.KINDS.index(p.kind) for p in self.patterns])
        weights = np.zeros((len(lexicon.DOMAINS) * 4 * 3, len(self.patterns)))
        for j, p in enumerate(self.patterns):
            for name in p.domains:
                place = lexicon.DOMAINS.index(name) * 4 + compiled.ROLES.index(p.role)
                weights[place * 3 + self.p_what[j], j] = p.weight
        there = weights.sum(1).reshape(-1, 3) > 0
        shares = there * np.array(
            [self._kind_shares(compiled.ROLES[i % 4]) for i in range(len(there))]
        )
        shares[~there.any(1)] = 1.0  # of a role that no document uses (only letters are signed)
        weights[~there.reshape(-1)] = 1.0
        rows += [
            ("manner", shares, np.arange(3)),
            ("pattern", weights, np.arange(len(self.patterns))),
        ]
        self.table = compiled.build_table(rows)
        self.families = Families(self.table, self.patterns)

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
        names = list(self.categories)
        attributes = {a: i for i, a in enumerate(ATTRIBUTE_COLUMNS)}
        kind, arg, flip, pos, head, rel, start = [], [], [], [], [], [], [0]
        noun, fixed = [], []
        self.relations = sorted({r for p in self.patterns for r in p.relations})
        rel_id = {r: i for i, r in enumerate(self.relations)}
        for p in self.patterns:
            for s, h, r in zip(p.symbols, p.heads, p.relations, strict=True):
                if s.kind == "slot":
                    kind.append(SLOT)
                    arg.append(names.index(s.name))
                elif s.kind == "literal":
                    kind.append(LITERAL)
                    arg.append(self.surface_id[s.name])
                elif s.kind == "attribute":
                    kind.append(ATTRIBUTE)
                    arg.append(attributes[s.name])
                else:
                    kind.append(ARTICLE)
                    arg.append(self.surface_id["a"])
                flip.append(s.opposite)
                pos.append(compiled.UPOS.index(s.pos))
                head.append(h)
                rel.append(rel_id[r])
            start.append(start[-1] + len(p.symbols))
            noun += p.governors
            fixed += [CLASSES.index(name) for name in p.classes]
        self.p_kind, self.p_arg = np.array(kind, np.int8), np.array(arg, np.int32)
        self.p_flip, self.p_pos = np.array(flip, np.int8), np.array(pos, np.int8)
        self.p_head, self.p_rel = np.array(head, np.int16), np.array(rel, np.int16)
        self.p_noun, self.p_class = np.array(noun, np.int16), np.array(fixed, np.int8)
        self.p_start = np.array(start)
        self.class_of = np.zeros((len(self.surfaces), len(lexicon.DOMAINS), 4), np.int8)
        for word, domain, topic, name in noun_classes():
            self.class_of[self.surface_id[word], domain, topic] = CLASSES.index(name)
        self.p_role = np.array([compiled.ROLES.index(p.role) for p in self.patterns], np.int8)
        self.p_opinion = np.array([p.kind != "neutral" for p in self.patterns])
        self.p_hard = np.array([p.kind == "hard" for p in self.patterns])
        cats = self.categories.values()
        self.cat_base = np.array([self.table.base[x.name] for x in cats])
        strides = []
        for x in cats:
            stride, step = dict.fromkeys(compiled.SIZES, 0), 1
            for f in reversed(x.by):
                stride[f], step = step, step * compiled.SIZES[f]
            strides.append([stride[f] for f in ("domain", "topic", "polarity", "class")])
        self.cat_stride = np.array(strides)

    def row(self, cat: np.ndarray, domain, topic, polarity, noun=0) -> np.ndarray:  # type: ignore[no-untyped-def]
        """Table row of categories ``cat`` in a context; all arguments broadcast.

        ``noun`` is the class of the noun that the word goes with.
        """
        s = self.cat_stride[cat]
        own = s[..., 0] * domain + s[..., 1] * topic + s[..., 2] * polarity + s[..., 3] * noun
        return self.cat_base[cat] + own

    def noun_class(self, token: np.ndarray, first: np.ndarray, place: np.ndarray, domain, topic):  # type: ignore[no-untyped-def]
        """Class of the noun that each slot goes with: ``place`` of the slots in the pattern tables,
        ``first`` the positions in ``token`` where their sentences start."""
        noun = self.p_noun[place]
        own = self.class_of[token[first + np.maximum(noun, 0)], domain, topic]
        return np.where(noun >= 0, own, self.p_class[place]).astype(np.int64)

    def pick(self, row: np.ndarray, u: np.ndarray) -> np.ndarray:
        """Entry of the table drawn by the uniform integers ``u`` from each ``row``."""
        return np.searchsorted(self.table.keys, row * np.int64(compiled.ONE) + u, side="right")

    def draw_documents(self, index: np.ndarray) -> Draws:
        """Everything drawn for the documents of that ``index`` (their running numbers)."""
        t, key = self.table, keys(self.dials.seed, index)
        entries: dict[str, np.ndarray] = {}
        counter = iter(range(_DOC))

        def attribute(name: str, row: np.ndarray | int) -> np.ndarray:
            rows = np.broadcast_to(np.asarray(row) + t.base[name], index.shape)
            entries[name] = self.pick(rows, draw(key, next(counter)))
            return t.token[entries[name]]

        domain = attribute("domain", 0).astype(np.int64)
        topic = attribute("topic", 0).astype(np.int64)
        sentiment = attribute("sentiment", 0)
        body = attribute("length", 0)
        noise = attribute("noise", 0)
        names = list(self.categories)
        value: dict[str, np.ndarray] = {}

        def simple(name: str) -> np.ndarray:
            cat = np.full(len(index), names.index(name))
            return attribute(name, self.row(cat, domain, topic, 0) - t.base[name])

        value.update({name: simple(name) for name in SIMPLE if name != "to"})
        occupation = attribute("occ", domain).astype(np.int64)
        gender = attribute("pgender", occupation)
        person = attribute("person", occupation * 2 + gender)
        friend = attribute("qgender", 0)
        value["q"], value["kin"] = attribute("q", friend), attribute("kin", friend)
        value["to"] = simple("to")
        ids = self.surface_id
        value["occ"] = np.array([ids[o] for o in occupations()[0]])[occupation]
        first, last = (np.array([ids[n[i]] for n in people()]) for i in range(2))
        value["p1"], value["p2"] = first[person], last[person]
        value["psub"] = np.array([ids["she"], ids["he"]])[gender]
        value["ppos"] = np.array([ids["her"], ids["his"]])[gender]
        value["qsub"] = np.array([ids["she"], ids["he"]])[friend]
        about = np.stack([value[a] for a in ATTRIBUTE_COLUMNS], 1)

        letter = domain == lexicon.DOMAINS.index("letter")
        n_sentences = 2 + body + letter
        s_start = np.concatenate([[0], np.cumsum(n_sentences)])
        doc = np.repeat(np.arange(len(index)), n_sentences)
        place = np.arange(len(doc)) - s_start[doc]
        role = np.select([place == 0, place <= body[doc], place == body[doc] + 1], [0, 1, 2], 3)
        slot0 = _DOC + place * _SENTENCE
        agree = t.token[self.pick(np.full(len(doc), t.base["agree"]), draw(key[doc], slot0))]
        polarity = np.where((role == 1) & (agree == 0), 1 - sentiment[doc], sentiment[doc])
        what = t.token[
            self.pick(
                t.base["manner"] + domain[doc] * 4 + role, draw(key[doc], slot0 + _SENTENCE - 1)
            )
        ]
        p_entry = self.families.draw(
            (domain[doc] * 4 + role) * 3 + what, s_start, draw(key[doc], slot0 + 1)
        )
        pattern = t.token[p_entry].astype(np.int64)

        length = np.diff(self.p_start)[pattern]
        t_start = np.concatenate([[0], np.cumsum(length)])
        sentence = np.repeat(np.arange(len(doc)), length)
        within = np.arange(t_start[-1]) - t_start[sentence]
        place_in_pattern = self.p_start[pattern[sentence]] + within
        kind, arg = self.p_kind[place_in_pattern], self.p_arg[place_in_pattern]
        token = arg.copy()
        owner = doc[sentence]
        named = np.flatnonzero(kind == ATTRIBUTE)
        token[named] = about[owner[named], arg[named]]
        is_slot = np.flatnonzero(kind == SLOT)
        w_entry = np.empty(len(is_slot), np.int64)
        waits = self.p_noun[place_in_pattern[is_slot]] >= 0  # for its noun
        for now in (~waits, waits):
            at = is_slot[now]
            sent, its = sentence[at], owner[at]
            signed = polarity[sent] ^ self.p_flip[place_in_pattern[at]]
            noun = self.noun_class(
                token, t_start[sent], place_in_pattern[at], domain[its], topic[its]
            )
            rows = self.row(arg[at], domain[its], topic[its], signed, noun)
            w_entry[now] = self.pick(rows, draw(key[its], slot0[sent] + 2 + within[at]))
            token[at] = t.token[w_entry[now]]
        article = np.flatnonzero(kind == ARTICLE)
        token[article] = np.where(
            self.vowel[token[article + 1]], self.surface_id["an"], self.surface_id["a"]
        )
        return Draws(
            index,
            domain,
            topic,
            sentiment,
            sentiment ^ noise,
            occupation,
            gender,
            entries,
            s_start,
            doc,
            role,
            polarity,
            pattern,
            p_entry,
            t_start,
            sentence,
            place_in_pattern,
            token,
            is_slot,
            w_entry,
        )


ATTRIBUTE_COLUMNS = (
    "v1",
    "v2",
    "item",
    "loc",
    "road",
    "writer",
    "q",
    "kin",
    "occ",
    "p1",
    "p2",
    "psub",
    "ppos",
    "qsub",
    "to",
)
