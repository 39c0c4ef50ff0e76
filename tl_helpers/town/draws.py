"""What was drawn for the documents of a corpus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Draws:
    """All that was drawn, flat; ``*_start`` are offsets (documents > sentences > tokens)."""

    index: np.ndarray  # [documents] running number
    domain: np.ndarray
    topic: np.ndarray
    sentiment: np.ndarray  # what the text was written with
    label: np.ndarray  # what the label says (label noise applied)
    occupation: np.ndarray
    gender: np.ndarray  # of the professional
    entries: dict[str, np.ndarray]  # table entry of each document-level draw
    s_start: np.ndarray  # [documents + 1] -> sentences
    doc: np.ndarray  # [sentences] its document
    role: np.ndarray
    polarity: np.ndarray
    pattern: np.ndarray
    p_entry: np.ndarray
    t_start: np.ndarray  # [sentences + 1] -> tokens
    sentence: np.ndarray  # [tokens] its sentence
    place: np.ndarray  # [tokens] position in the pattern tables
    token: np.ndarray  # [tokens] surface id
    slots: np.ndarray  # [slots] token positions that were drawn
    w_entry: np.ndarray  # [slots] their table entries
