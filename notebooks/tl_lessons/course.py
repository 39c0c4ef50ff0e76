"""The map of the course: which notebook answers which question."""

from __future__ import annotations

import re
from typing import NamedTuple

THEMES = {
    "Pre-training": "Where does knowledge about language come from, before there is a task?",
    "Target tasks": "What do we want to know about a text, and how is an answer judged?",
    "Adaptation": "How does what was learned get to where it is needed?",
    "Discussion": "What comes along unasked, what does it cost, and how does one choose?",
}
"""Theme -> the question that its notebooks share. The start is a theme of its own, without one."""

_MAP = """
00_start_here | Start | What is transfer learning, and does it work here, now?
10_distributional_hypothesis | Pre-training | Why does counting neighbours give meaning?
11_language_models | Pre-training | What is a probability distribution over strings good for?
12_contextual_representations | Pre-training | What does a vector know that depends on the sentence?
13_objectives_and_scale | Pre-training | Which objective, how large, and what does it cost?
14_supervised_pretraining | Pre-training | When do labels beat plain text as a source?
20_classification | Target tasks | How are sentences and documents classified?
21_sentence_pairs | Target tasks | How are two sentences compared?
22_generation | Target tasks | How is text written, and judged?
23_structured_prediction | Target tasks | How are trees and spans predicted?
24_word_level | Target tasks | How are words tagged?
25_which_pretraining_for_which_task | Target tasks | Which source helps which target?
30_heads_adapters_lora | Adaptation | How much of the network must change?
31_progressive_networks | Adaptation | Can a network grow without forgetting?
32_feature_extraction_vs_fine_tuning | Adaptation | Freeze or train, and in which order?
33_domain_adaptation | Adaptation | What if the target has no labels?
34_sequential_and_multitask | Adaptation | Do further tasks help, or hurt?
35_slices_distillation_selftraining | Adaptation | Where else can signal come from?
36_cross_lingual | Adaptation | How does knowledge cross to another language?
40_bias | Discussion | Which prejudices come along?
41_drawbacks | Discussion | What are the limits and the price?
42_choosing_a_model | Discussion | Which model should one take?
43_meta_learning | Discussion | Can one learn to adapt?
"""

# A list and not a look into notebooks/: Colab has the package, but not that folder.
_READY = (
    "00_start_here",
    "10_distributional_hypothesis",
    "11_language_models",
    "12_contextual_representations",
    "13_objectives_and_scale",
    "14_supervised_pretraining",
)


_NAMES = {
    "13_objectives_and_scale": "Objectives and scale",
    "14_supervised_pretraining": "Supervised pre-training",
    "25_which_pretraining_for_which_task": "Which pre-training for which task",
    "30_heads_adapters_lora": "Heads, adapters, LoRA",
    "32_feature_extraction_vs_fine_tuning": "Feature extraction or fine-tuning",
    "34_sequential_and_multitask": "Sequential and multi-task",
    "35_slices_distillation_selftraining": "Slices, distillation, self-training",
    "36_cross_lingual": "Cross-lingual",
    "40_bias": "Bias",
    "43_meta_learning": "Meta-learning",
}


class Row(NamedTuple):
    """A notebook on the map, the theme that it belongs to, and the question that it answers."""

    notebook: str
    theme: str
    question: str

    @property
    def number(self) -> str:
        """``"10"`` for ``10_distributional_hypothesis``."""
        return self.notebook.partition("_")[0]

    @property
    def title(self) -> str:
        """A readable name: ``Heads, adapters, LoRA`` for ``30_heads_adapters_lora``."""
        return title(self.notebook)


def rows() -> list[Row]:
    """Every notebook on the map, in order."""
    return [Row(*line.split(" | ")) for line in _MAP.strip().splitlines()]


def themes() -> dict[str, list[str]]:
    """Theme -> its notebooks on the map, in order.

    Example:
        >>> themes()["Start"]
        ['00_start_here']
    """
    groups: dict[str, list[str]] = {}
    for notebook, theme, _ in rows():
        groups.setdefault(theme, []).append(notebook)
    return groups


def slug(theme: str) -> str:
    """How files of a theme are called.

    Example:
        >>> slug("Target tasks")
        'target-tasks'
    """
    return re.sub(r"[^a-z0-9]+", "-", theme.lower()).strip("-")


def exists(notebook: str) -> bool:
    """Whether a notebook of the map is there already, also where only the package is installed."""
    return notebook in _READY


def title(notebook: str) -> str:
    """A readable name: ``Heads, adapters, LoRA`` for ``30_heads_adapters_lora``."""
    words = notebook.partition("_")[2].replace("_", " ")
    return _NAMES.get(notebook) or words[:1].upper() + words[1:]
