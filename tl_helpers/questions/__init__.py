"""What one may ask of a text or a model because the town's truth is known.

>>> from tl_helpers import questions
>>> texts, labels, hard = questions.opinion_task(seed=0)   # one-sentence opinions
>>> questions.own_guesses(model, tokenizer)                # does it tell praise from blame?
"""

from __future__ import annotations

from tl_helpers.questions.gap import excess_bits, log_probabilities
from tl_helpers.questions.polarity import FIRST_UNSEEN_DOCUMENT, detection, own_guesses, suspicion
from tl_helpers.questions.reading import frequencies, marked, shared_opinions, statistics
from tl_helpers.questions.tasks import (
    Opinions,
    SenseExamples,
    SenseTask,
    opinion_sentences,
    opinion_task,
    sense_task,
)

__all__ = [
    "FIRST_UNSEEN_DOCUMENT",
    "Opinions",
    "SenseExamples",
    "SenseTask",
    "detection",
    "excess_bits",
    "frequencies",
    "log_probabilities",
    "marked",
    "opinion_sentences",
    "opinion_task",
    "own_guesses",
    "sense_task",
    "shared_opinions",
    "statistics",
    "suspicion",
]
