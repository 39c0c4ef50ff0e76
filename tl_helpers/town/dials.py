"""The dials of the town, what they mean and how far they turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.town import lexicon

# name -> (lowest, highest, what it does)
RANGES: dict[str, tuple[float, float, str]] = {
    "zipf": (0.0, 2.0, "Zipf exponent: 0 makes all words of a list equally likely"),
    "distance": (0.0, 1.0, "share of evaluative words that belong to one domain only"),
    "hard": (0.0, 0.9, "share of opinions said by negation, contrast or irony"),
    "neutral": (0.0, 0.9, "share of body sentences without an opinion"),
    "agreement": (0.5, 1.0, "probability that a body sentence shares the document's sentiment"),
    "noise": (0.0, 0.5, "share of labels that are flipped"),
    "gender_skew": (0.0, 1.0, "0: occupation says nothing about gender; 1: it decides it"),
}


@dataclass(frozen=True)
class Dials:
    """One setting of the town. Equal dials give equal text, on every machine.

    Args:
        seed: any integer.
        zipf, distance, hard, neutral, agreement, noise: see ``RANGES``.
        gender_skew: a number (P(female) = 0.5 +- skew / 2 by the occupation's stereotype), or a
            mapping from occupation to P(female), 0.5 where left out.
        mixture: domain -> weight; domains left out do not occur. Default: all equally often.

    Raises:
        BadValue: a dial out of its range. UnknownName: a domain or occupation that is not there.
    """

    seed: int = 0
    zipf: float = 1.3
    distance: float = 0.5
    hard: float = 0.12
    neutral: float = 0.12
    agreement: float = 1.0
    noise: float = 0.0
    gender_skew: float | Mapping[str, float] = 0.5
    mixture: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", checks.whole(self.seed, "seed", low=None))
        for name, (low, high, meaning) in RANGES.items():
            value = getattr(self, name)
            if name == "gender_skew" and isinstance(value, Mapping):
                for job, share in value.items():
                    _check(f"gender_skew[{job!r}]", share, 0.0, 1.0, "P(female) of an occupation")
                object.__setattr__(self, name, dict(sorted(value.items(), key=str)))
            else:
                _check(name, value, low, high, meaning)
                object.__setattr__(self, name, float(value))
        if self.mixture is not None:
            if not isinstance(self.mixture, Mapping):
                raise BadValue(
                    f"The dial mixture = {self.mixture!r} is not a mapping.",
                    'Give each domain a weight, for example mixture={"film": 3, "book": 1}.',
                )
            for domain, weight in self.mixture.items():
                if domain not in lexicon.DOMAINS:
                    raise UnknownName("domain of the town", domain, lexicon.DOMAINS)
                _check(f"mixture[{domain!r}]", weight, 0.0, 1e9, "weight of a domain")
            object.__setattr__(self, "mixture", dict(sorted(self.mixture.items())))
            if not sum(self.mixture.values()) > 0:
                raise BadValue(
                    "The domain mixture has no weight.", 'For example mixture={"film": 1}.'
                )

    def domain_shares(self) -> np.ndarray:
        """Probability of each domain, in the order of ``lexicon.DOMAINS``.

        Example:
            ``Dials(mixture={"film": 3, "book": 1}).domain_shares() -> [0, 0.75, 0, 0, 0.25, 0, 0]``
        """
        weights = np.array(
            [1.0 if self.mixture is None else self.mixture.get(d, 0.0) for d in lexicon.DOMAINS]
        )
        return weights / weights.sum()

    def female_share(self, occupations: Sequence[str], stereotype: np.ndarray) -> np.ndarray:
        """P(female) of each occupation.

        Example:
            ``Dials(gender_skew=0.5).female_share(["nurse", "farmer"], [1, -1]) -> [0.75, 0.25]``
        """
        if isinstance(self.gender_skew, Mapping):
            for name in self.gender_skew:
                if name not in occupations:
                    raise UnknownName("occupation of the town", name, occupations)
            return np.array([self.gender_skew.get(o, 0.5) for o in occupations])
        return 0.5 + stereotype * self.gender_skew / 2

    def to_dict(self) -> dict[str, object]:
        """Plain values, for fingerprints and result files."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def _check(name: str, value: object, low: float, high: float, meaning: str) -> None:
    number = checks.finite(value)
    if number is None or not low <= number <= high:
        raise BadValue(
            f"The dial {name} = {checks.shown(value)} is out of range.",
            f"Choose a number from {low:g} to {high:g} ({meaning}).",
        )
