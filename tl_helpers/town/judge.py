"""Could the town have written this? The exact probability of any text under the generator.

A text is taken apart into sentences, each sentence is matched with the patterns of the grammar
(``recogniser``), and what is found has to hang together: one domain, one topic, one venue, people
with their own names. Case is ignored, as in the town's tokenizer.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from tl_helpers.town import lexicon
from tl_helpers.town.corpus import Corpus
from tl_helpers.town.generate import LENGTHS, SLOT, Draws
from tl_helpers.town.recogniser import Reading, Recogniser

_WORD = re.compile(r"[.,!?;:]|[^\s.,!?;:]+")
_ENDS = frozenset(".!?")


class Verdict(NamedTuple):
    """What the judge says of one text.

    Attributes:
        sentences: its sentences as they were cut, in lower case.
        possible: for each, whether some document of the town can hold it.
        logprob: natural log of the probability of the whole text; -inf if the town cannot write it.
    """

    sentences: list[str]
    possible: list[bool]
    logprob: float


class Judge(Recogniser):
    """The judge of one setting of the dials (default: the town that the models read)."""

    def cut(self, words: Sequence[str]) -> list[tuple[str, ...]]:
        """The sentences of a text; what has no end is one too.

        Example:
            ``["five", "stars", ".", "we"] -> [("five", "stars", "."), ("we",)]``
        """
        bounds = [i + 1 for i, w in enumerate(words) if w in _ENDS]
        if "dear" in words[:2] and words[0] in ("dear", "my") and "," in words[:4]:
            bounds.insert(0, list(words).index(",") + 1)
        bounds = sorted({0, *bounds, len(words)})
        return [tuple(words[a:b]) for a, b in itertools.pairwise(bounds)]

    def __call__(self, text: str | Sequence[str]) -> Verdict:
        """Judge one text, given as a string or as its words.

        Example:
            ``Judge()("I loved the Copper Kettle. The tea was good. We will surely return.").logprob
            -> -27.7``, and ``-inf`` if the tea were loud
        """
        words = _WORD.findall(text) if isinstance(text, str) else list(text)
        sentences = self.cut([w.lower() for w in words])
        possible = [self._possible(s) for s in sentences]
        logprob = self._document(sentences) if sentences and all(possible) else -np.inf
        return Verdict([" ".join(s) for s in sentences], possible, float(logprob))

    def _document(self, sentences: list[tuple[str, ...]]) -> float:
        readings = [self._read(s) for s in sentences]
        letter = lexicon.DOMAINS.index("letter")
        derivations: dict[tuple[int, ...], Corpus] = {}
        for (domain, topic), sentiment in itertools.product(self._worlds(), (0, 1)):
            body = len(sentences) - 2 - (domain == letter)
            if not 1 <= body <= len(LENGTHS):
                continue
            roles = [0, *[1] * body, 2, *[3] * (domain == letter)]
            sides = [self._polarities(role, sentiment) for role in roles]
            choices = [
                [
                    (r, next(p for p in side if self._fits(r, domain, topic, p)))
                    for r in options
                    if self._can_stand(r, domain, role)
                    and any(self._fits(r, domain, topic, p) for p in side)
                ]
                for options, role, side in zip(readings, roles, sides, strict=True)
            ]
            for chosen in itertools.product(*choices):
                key = tuple(r.pattern for r, _ in chosen)
                if key in derivations:
                    continue
                about = self._about([x for r, _ in chosen for x in r.named], domain, topic)
                if about is not None:
                    derivations[key] = self._corpus(chosen, roles, about, domain, topic, sentiment)
        if not derivations:
            return -np.inf
        logprobs = [corpus.logprob()[0] for corpus in derivations.values()]
        return float(np.logaddexp.reduce(logprobs))

    def _polarities(self, role: int, sentiment: int) -> tuple[int, ...]:
        agreement = self.engine.dials.agreement
        if role != 1 or agreement == 1:
            return (sentiment,)
        return (sentiment, 1 - sentiment)

    def _corpus(
        self,
        chosen: Sequence[tuple[Reading, int]],
        roles: list[int],
        about: dict[str, int],
        domain: int,
        topic: int,
        sentiment: int,
    ) -> Corpus:
        """The document as if it had been drawn, so that the corpus can tell its probability."""
        e, t = self.engine, self.engine.table
        one, n = np.ones(1, np.int64), len(chosen)
        lengths = [len(r.surfaces) for r, _ in chosen]
        t_start = np.concatenate([[0], np.cumsum(lengths)])
        pattern = np.array([r.pattern for r, _ in chosen])
        place = np.concatenate(
            [np.arange(x) + e.p_start[p] for x, p in zip(lengths, pattern, strict=True)]
        )
        w_entry = [
            int(t.start[self._slot_row(slot, domain, topic, polarity)]) + slot[1]
            for r, polarity in chosen
            for slot in r.slots
        ]
        length = int(t.start[t.base["length"]]) + sum(x == 1 for x in roles) - 1
        entries = {k: v * one for k, v in about.items() if k not in ("occ", "gender")}
        p_row = t.base["pattern"] + (domain * 4 + np.array(roles)) * 3 + e.p_manner[pattern]
        draws = Draws(
            index=0 * one,
            domain=domain * one,
            topic=topic * one,
            sentiment=sentiment * one,
            label=sentiment * one,
            occupation=about["occ"] * one,
            gender=about["gender"] * one,
            entries={**entries, "length": length * one},
            s_start=np.array([0, n]),
            doc=np.zeros(n, np.int64),
            role=np.array(roles),
            polarity=np.array([p for _, p in chosen]),
            pattern=pattern,
            p_entry=t.start[p_row] + pattern,
            t_start=t_start,
            sentence=np.repeat(np.arange(n), lengths),
            place=place,
            token=np.concatenate([r.surfaces for r, _ in chosen]),
            slots=np.flatnonzero(e.p_kind[place] == SLOT),
            w_entry=np.array(w_entry, np.int64),
        )
        return Corpus(e, draws)
