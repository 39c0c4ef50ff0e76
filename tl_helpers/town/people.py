"""The professionals of the town: what they do, and who they are."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from tl_helpers.town import lexicon

PERSONS_PER_CELL = 4  # of an occupation and a gender


@lru_cache(maxsize=1)
def occupations() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Occupations, their share in each domain ``[domains, n]``, and stereotype (+1 female)."""
    names: dict[str, int] = {}
    for d in lexicon.DOMAINS:
        for item in lexicon.OCCUPATIONS[d].split():
            name, sign = item.split(":")
            names[name] = int(sign)
    share = np.zeros((len(lexicon.DOMAINS), len(names)))
    order = list(names)
    for i, d in enumerate(lexicon.DOMAINS):
        for item in lexicon.OCCUPATIONS[d].split():
            share[i, order.index(item.split(":")[0])] = 1.0
    return order, share, np.array(list(names.values()))


@lru_cache(maxsize=1)
def people() -> list[tuple[str, str]]:
    """The town's professionals, (first name, surname), by occupation, gender, then rank."""
    first = {0: lexicon.FEMALE.split(), 1: lexicon.MALE.split()}
    last = lexicon.SURNAMES.split()
    seen: set[tuple[str, str]] = set()
    out = []
    for n in range(len(occupations()[0]) * 2 * PERSONS_PER_CELL):
        gender = (n // PERSONS_PER_CELL) % 2
        k = 0
        while True:
            name = first[gender][(n * 7 + k) % len(first[gender])], last[(n * 11 + k) % len(last)]
            if name not in seen:
                break
            k += 1
        seen.add(name)
        out.append(name)
    return out
