"""Which rule a sentence follows: no two sentences of a document follow the same one.

The patterns that come from one sentence rule of the grammar are a family. One that a document has
used is cut out of the row that the next sentence is drawn from, and the rest stretched over all of
it: the chance of a pattern is its weight over that of what is left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tl_helpers.town import compiled

if TYPE_CHECKING:
    from tl_helpers.town.draws import Draws


class Families:
    """Where each family lies in its rows of the table (one row for a domain, role and kind)."""

    def __init__(self, table: compiled.Table, patterns: list[compiled.Pattern]) -> None:
        self.table = table
        first, n = table.base["pattern"], len(patterns)
        ends = table.keys[table.start[first] :].reshape(-1, n)
        ends = ends - (np.arange(len(ends))[:, None] + first) * compiled.ONE
        mass = np.diff(ends, axis=1, prepend=0)
        self.of_pattern = np.array([p.family for p in patterns])
        shape = len(ends), int(self.of_pattern.max()) + 1
        self.start, self.mass = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for family in range(shape[1]):
            members = np.flatnonzero(self.of_pattern == family)  # of one row: side by side
            first_there = members[np.argmax(mass[:, members] > 0, axis=1)]
            self.start[:, family] = (ends - mass)[np.arange(len(ends)), first_there]
            self.mass[:, family] = mass[:, members].sum(1)

    def draw(self, row: np.ndarray, s_start: np.ndarray, u: np.ndarray) -> np.ndarray:
        """``[sentences]`` table entries of patterns, from a ``row`` and 40 random bits for each."""
        t, first = self.table, self.table.base["pattern"]
        entry = np.empty(len(row), np.int64)
        longest = int(np.diff(s_start).max(initial=1))
        used = np.zeros((len(s_start) - 1, longest), np.int64)
        for k in range(longest):
            doc = np.flatnonzero(np.diff(s_start) > k)
            at = s_start[doc] + k
            mass = self.mass[row[at][:, None], used[doc, :k]]
            begin = self.start[row[at][:, None], used[doc, :k]]
            left = compiled.ONE - mass.sum(1)
            high, low = u[at] >> 20, u[at] & ((1 << 20) - 1)  # u * left / ONE, in 64 bits
            x = (high * left + (low * left >> 20)) >> 20
            order = np.argsort(begin, axis=1, kind="stable")
            for j in range(k):
                here = order[:, j : j + 1]
                after = np.take_along_axis(begin, here, 1)[:, 0] <= x
                x += np.where(after, np.take_along_axis(mass, here, 1)[:, 0], 0)
            entry[at] = np.searchsorted(
                t.keys, (first + row[at]) * np.int64(compiled.ONE) + x, "right"
            )
            used[doc, k] = self.of_pattern[t.token[entry[at]]]
        return entry

    def logp(self, draws: Draws, row: np.ndarray) -> np.ndarray:
        """``[sentences]`` natural log of its pattern's chance in a ``row``, given those before."""
        t, family = self.table, self.of_pattern[draws.pattern]
        used = np.zeros(len(row), np.int64)
        for lag in range(1, int(np.diff(draws.s_start).max(initial=1))):
            later = np.flatnonzero(draws.doc[lag:] == draws.doc[:-lag]) + lag
            used[later] += self.mass[row[later], family[later - lag]]
            used[later[family[later] == family[later - lag]]] = (
                compiled.ONE
            )  # said twice: impossible
        logp = t.logp[t.start[t.base["pattern"] + row] + draws.pattern]
        left = 1 - used / compiled.ONE
        return np.where(left > 0, logp - np.log(np.where(left > 0, left, 1.0)), -np.inf)
