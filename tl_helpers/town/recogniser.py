"""Sentences of the town taken apart: which patterns of the grammar fit, and who is named in them.

Case is ignored, as in the town's tokenizer. ``judge`` puts the sentences of a text together.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tl_helpers.town import compiled
from tl_helpers.town.dials import Dials
from tl_helpers.town.generate import (
    ARTICLE,
    ATTRIBUTE,
    ATTRIBUTE_COLUMNS,
    LITERAL,
    SIMPLE,
    SLOT,
    Engine,
    occupations,
)
from tl_helpers.town.people import people

# (category, which of its words, flipped, surface of its noun or -1, class where that is fixed)
Slots = tuple[tuple[int, int, int, int, int], ...]
ITEM = ATTRIBUTE_COLUMNS.index("item")


class Reading(NamedTuple):
    """One sentence seen as a pattern with its holes filled."""

    pattern: int
    slots: Slots
    named: tuple[tuple[str, str], ...]  # (attribute, lower-cased word)
    surfaces: tuple[int, ...]


class Recogniser:
    """What a sentence can be under one setting of the dials, and whether sentences fit together."""

    def __init__(self, dials: Dials | None = None) -> None:
        self.engine = e = Engine(dials or Dials())
        self.low = [w.lower() for w in e.surfaces]
        self.word_of = {}  # category -> lower-cased word -> (its place, surface)
        for i, category in enumerate(e.categories.values()):
            self.word_of[i] = {
                w.lower(): (k, e.surface_id[w]) for k, w in enumerate(category.words)
            }
        self.by_length: dict[int, tuple[np.ndarray, list[list[str | None]]]] = {}
        groups: dict[int, list[int]] = {}
        for p, length in enumerate(np.diff(e.p_start).tolist()):
            groups.setdefault(length, []).append(p)
        for length, members in groups.items():
            fixed = [[self._literal(int(e.p_start[p]) + k) for k in range(length)] for p in members]
            self.by_length[length] = (np.array(members), fixed)
        t = e.table
        rows = zip(t.start[:-1].tolist(), t.start[1:].tolist(), strict=True)
        self.allowed = [
            frozenset(np.flatnonzero(np.isfinite(t.logp[a:b])).tolist()) for a, b in rows
        ]
        self._base, self._stride = e.cat_base.tolist(), e.cat_stride.T.tolist()
        self.people = [(a.lower(), b.lower()) for a, b in people()]
        self._read = lru_cache(maxsize=50_000)(self._read_sentence)
        self._possible = lru_cache(maxsize=50_000)(self.possible)

    def _literal(self, place: int) -> str | None:
        e = self.engine
        return self.low[e.p_arg[place]] if e.p_kind[place] == LITERAL else None

    # --- sentences -------------------------------------------------------------------------------
    def _read_sentence(self, words: tuple[str, ...]) -> tuple[Reading, ...]:
        """All patterns that fit, whatever the document is about."""
        members, fixed = self.by_length.get(len(words), (np.empty(0, int), []))
        readings = []
        for p, literals in zip(members.tolist(), fixed, strict=True):
            if all(x is None or x == w for x, w in zip(literals, words, strict=True)):
                reading = self._fill(p, words)
                if reading is not None:
                    readings.append(reading)
        return tuple(readings)

    def _fill(self, p: int, words: tuple[str, ...]) -> Reading | None:
        e = self.engine
        drawn, named, surfaces = [], [], []
        for k, word in enumerate(words):
            place = int(e.p_start[p]) + k
            kind, arg = int(e.p_kind[place]), int(e.p_arg[place])
            if kind == SLOT:
                hit = self.word_of[arg].get(word)
                if hit is None:
                    return None
                drawn.append((arg, hit[0], place))
                surfaces.append(hit[1])
            elif kind == ATTRIBUTE:
                named.append((ATTRIBUTE_COLUMNS[arg], word))
                surfaces.append(e.surface_id.get(word, -1) if arg == ITEM else -1)
            elif kind == ARTICLE:
                if word not in ("a", "an") or compiled.starts_with_vowel_sound(words[k + 1]) != (
                    word == "an"
                ):
                    return None
                surfaces.append(e.surface_id[word])
            else:
                surfaces.append(arg)
        slots = tuple(
            (
                cat,
                k,
                int(e.p_flip[place]),
                surfaces[e.p_noun[place]] if e.p_noun[place] >= 0 else -1,
                int(e.p_class[place]),
            )
            for cat, k, place in drawn
        )
        return Reading(p, slots, tuple(named), tuple(surfaces))

    def _row(self, cat: int, domain: int, topic: int, polarity: int, noun: int = 0) -> int:
        """``engine.row`` for one category, without the cost of arrays."""
        by_domain, by_topic, by_polarity, by_noun = self._stride[cat]
        offset = by_domain * domain + by_topic * topic + by_polarity * polarity + by_noun * noun
        return int(self._base[cat] + offset)

    def _slot_row(
        self, slot: tuple[int, int, int, int, int], domain: int, topic: int, polarity: int
    ) -> int:
        """The row that a slot's word was drawn from."""
        cat, _, flip, noun, fixed = slot
        kind = int(self.engine.class_of[noun, domain, topic]) if noun >= 0 else fixed
        return self._row(cat, domain, topic, polarity ^ flip, kind)

    def _fits(self, reading: Reading, domain: int, topic: int, polarity: int) -> bool:
        return all(
            slot[1] in self.allowed[self._slot_row(slot, domain, topic, polarity)]
            for slot in reading.slots
        )

    def _can_stand(self, reading: Reading, domain: int, role: int) -> bool:
        base, place = self.engine.table.base, domain * 4 + role
        kind = int(self.engine.p_manner[reading.pattern])
        return kind in self.allowed[base["manner"] + place] and (
            reading.pattern in self.allowed[base["pattern"] + place * 3 + kind]
        )

    def _worlds(self) -> Iterator[tuple[int, int]]:
        shares = self.engine.dials.domain_shares()
        return itertools.product(np.flatnonzero(shares > 0).tolist(), range(4))

    def possible(self, words: tuple[str, ...]) -> bool:
        """Whether some document of the town can hold this sentence."""
        e = self.engine
        return any(
            self._can_stand(r, domain, int(e.p_role[r.pattern]))
            and any(self._fits(r, domain, topic, p) for p in (0, 1))
            and self._about(r.named, domain, topic) is not None
            for r in self._read(words)
            for domain, topic in self._worlds()
        )

    # --- what a document is about ----------------------------------------------------------------
    def _about(
        self, named: Sequence[tuple[str, str]], domain: int, topic: int
    ) -> dict[str, int] | None:
        """Table entries of all that is named, or None if it does not hang together."""
        e, t = self.engine, self.engine.table
        value = dict(named)
        if any(value[name] != word for name, word in named):
            return None
        names = list(e.categories)
        out: dict[str, int] = {}
        for name in SIMPLE:
            row = self._row(names.index(name), domain, topic, 0)
            hit = self.word_of[names.index(name)].get(value.get(name, ""), (0, 0))[0]
            if name in value and (
                value[name] not in self.word_of[names.index(name)] or hit not in self.allowed[row]
            ):
                return None
            out[name] = int(t.start[row]) + hit
        friend = self._friend(value, names, out)
        return None if friend is None else self._professional(value, domain, friend)

    def _friend(
        self, value: dict[str, str], names: list[str], out: dict[str, int]
    ) -> dict[str, int] | None:
        t = self.engine.table
        for g in (0, 1):
            if value.get("qsub", ("she", "he")[g]) != ("she", "he")[g]:
                continue
            entries = {"qgender": int(t.start[t.base["qgender"]]) + g}
            for name in ("q", "kin"):
                row, words = t.base[name] + g, self.word_of[names.index(name)]
                hit = words.get(value[name], (-1, 0))[0] if name in value else None
                if hit is not None and hit not in self.allowed[row]:
                    break
                entries[name] = int(t.start[row]) + (hit or 0)
            else:
                return {**out, **entries}
        return None

    def _professional(
        self, value: dict[str, str], domain: int, out: dict[str, int]
    ) -> dict[str, int] | None:
        t, order = self.engine.table, occupations()[0]
        size = len(self.people) // (len(order) * 2)  # people of one occupation and gender
        for person in self._candidates(value.get("p1"), value.get("p2")):
            occupation, gender = divmod(person // size, 2)
            fits = (
                value.get("occ", order[occupation].lower()) == order[occupation].lower()
                and value.get("psub", ("she", "he")[gender]) == ("she", "he")[gender]
                and value.get("ppos", ("her", "his")[gender]) == ("her", "his")[gender]
                and occupation in self.allowed[t.base["occ"] + domain]
                and gender in self.allowed[t.base["pgender"] + occupation]
                and person in self.allowed[t.base["person"] + occupation * 2 + gender]
            )
            if fits:
                return {
                    **out,
                    "occ": occupation,
                    "gender": gender,
                    "pgender": int(t.start[t.base["pgender"] + occupation]) + gender,
                    "person": int(t.start[t.base["person"] + occupation * 2 + gender]) + person,
                }
        return None

    def _candidates(self, first: str | None, last: str | None) -> Iterator[int]:
        for i, (a, b) in enumerate(self.people):
            if first in (None, a) and last in (None, b):
                yield i
