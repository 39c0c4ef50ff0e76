"""The professionals of the town: what they do, and who they are."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from tl_helpers.town import lexicon
from tl_helpers.town.sources import read

_PEOPLE = read("people")
PERSONS_PER_CELL = 4  # of an occupation and a gender


def _of_domain(domain: str) -> list[tuple[str, int]]:
    """Its occupations with their stereotype: +1 female, -1 male; the two take turns."""
    table = _PEOPLE["occupations"][domain]
    pairs = zip(table["female"].split(), table["male"].split(), strict=True)
    return [pair for her, his in pairs for pair in ((her, 1), (his, -1))]


@lru_cache(maxsize=1)
def occupations() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Occupations, their share in each domain ``[domains, n]``, and stereotype (+1 female).

    Example:
        >>> occupations()[0][:2]
        ['cook', 'brewer']
    """
    stereotype = {name: sign for d in lexicon.DOMAINS for name, sign in _of_domain(d)}
    order = list(stereotype)
    share = np.zeros((len(lexicon.DOMAINS), len(order)))
    for i, d in enumerate(lexicon.DOMAINS):
        for name, _ in _of_domain(d):
            share[i, order.index(name)] = 1.0
    return order, share, np.array(list(stereotype.values()))


@lru_cache(maxsize=1)
def people() -> list[tuple[str, str]]:
    """The town's professionals, (first name, surname), by occupation, gender, then rank.

    Example:
        >>> people()[0]
        ('Anna', 'Bell')
    """
    first = [lexicon.words("q", gender) for gender in lexicon.GENDERS]
    last = _PEOPLE["surnames"].split()
    seen: set[tuple[str, str]] = set()
    out = []
    for n in range(len(occupations()[0]) * 2 * PERSONS_PER_CELL):
        names = first[(n // PERSONS_PER_CELL) % 2]
        k = 0
        while True:
            name = names[(n * 7 + k) % len(names)], last[(n * 11 + k) % len(last)]
            if name not in seen:
                break
            k += 1
        seen.add(name)
        out.append(name)
    return out
