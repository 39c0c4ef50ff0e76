"""Random numbers that are a pure function of where they are used.

``draw(key, position)`` hashes its arguments with the SplitMix64 finaliser (Steele, Lea and Flood
2014, "Fast splittable pseudorandom number generators"). Nothing depends on the order of the calls,
so document 17 is the same whether it is made alone, in a batch, or on another platform.
"""

from __future__ import annotations

import numpy as np

_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_A = np.uint64(0xBF58476D1CE4E5B9)
_B = np.uint64(0x94D049BB133111EB)


def mix(x: np.ndarray) -> np.ndarray:
    """The SplitMix64 finaliser: uint64 -> uint64, one to one, every bit depending on every bit.

    Example:
        >>> mix(np.array([0, 1], dtype=np.uint64)).tolist()
        [0, 6238072747940578789]
    """
    x = (x ^ (x >> np.uint64(30))) * _A
    x = (x ^ (x >> np.uint64(27))) * _B
    return x ^ (x >> np.uint64(31))


def keys(seed: int, index: np.ndarray) -> np.ndarray:
    """One uint64 key per document ``index`` for a ``seed``.

    Example:
        >>> keys(0, np.arange(2)).tolist()
        [657107006356389995, 2405028626552204484]
    """
    with np.errstate(over="ignore"):
        root = mix(np.array([(seed & 0xFFFFFFFFFFFFFFFF) ^ 0x746F776E], dtype=np.uint64) + _GAMMA)
        return mix(root + index.astype(np.uint64) * _GAMMA)


def draw(key: np.ndarray, position: np.ndarray | int) -> np.ndarray:
    """Uniform integers in ``[0, 2**40)`` as int64, one for each (key, position).

    Example:
        >>> draw(keys(0, np.arange(2)), 5).tolist()
        [841046695003, 7791609248]
    """
    with np.errstate(over="ignore"):
        counter = (np.asarray(position).astype(np.uint64) + np.uint64(1)) * _GAMMA
        return (mix(key ^ mix(counter)) >> np.uint64(24)).astype(np.int64)
