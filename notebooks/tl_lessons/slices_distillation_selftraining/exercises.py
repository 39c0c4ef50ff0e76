"""What the exercises of ``35_slices_distillation_selftraining`` do; their words are in the TOML."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.slices_distillation_selftraining import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- sds-soften ----------------------------------------------------------------------------------


def _answers(rng: np.random.Generator) -> list[tuple[Any, Any]]:
    """Probabilities of a few texts, and a temperature that is not one."""
    cases: list[tuple[Any, Any]] = []
    for texts, classes, temperature in ((1, 2, 2), (3, 2, 4.0), (2, 4, 3), (2, 3, 0.5)):
        drawn = rng.dirichlet(np.full(classes, 2.0), texts) + 0.02
        cases.append((drawn / drawn.sum(axis=1, keepdims=True), temperature))
    return cases


@sheet.function("sds-soften", cases=_answers, returns="an array [texts, classes]", tolerance=1e-5)
def soften(probabilities, temperature):
    """So anybody who can ask a model can distil it: an API that gives probabilities gives its
    logits away, up to a number that does not matter."""
    powers = np.asarray(probabilities) ** (1 / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


@soften.also_right
def through_logarithms(probabilities, temperature):
    logits = np.log(probabilities) / temperature
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@soften.also_right
def text_by_text(probabilities, temperature):
    rows = []
    for row in probabilities:
        powers = [p ** (1 / temperature) for p in row]
        rows.append([p / sum(powers) for p in powers])
    return rows


@soften.also_right
def by_torch(probabilities, temperature):
    import torch

    return torch.softmax(torch.tensor(np.array(probabilities)).log() / temperature, dim=1).numpy()


@soften.wrong
def softmax_of_probabilities(probabilities, temperature):
    """That is the softmax of the *probabilities*. The softmax wants logits; the logarithms of the
    probabilities are such."""
    powers = np.exp(np.asarray(probabilities) / temperature)
    return powers / powers.sum(axis=1, keepdims=True)


@soften.wrong
def not_scaled(probabilities, temperature):
    """The powers are right, but they do not sum to one any more. Divide each row by its sum."""
    return np.asarray(probabilities) ** (1 / temperature)


@soften.wrong(also=[lambda probabilities, temperature: np.asarray(probabilities)])
def divided_and_scaled(probabilities, temperature):
    """Dividing the probabilities and scaling them to one again changes nothing. The temperature
    divides the *logits*."""
    rows = np.asarray(probabilities) / temperature
    return rows / rows.sum(axis=1, keepdims=True)


@soften.wrong
def sharpened(probabilities, temperature):
    """That is the wrong way round: a temperature above one evens the answers out, and yours makes
    the likely likelier."""
    powers = np.asarray(probabilities) ** temperature
    return powers / powers.sum(axis=1, keepdims=True)


@soften.wrong
def scaled_over_texts(probabilities, temperature):
    """You scale over the texts. It is the classes of one text that must sum to one: axis=1."""
    powers = np.asarray(probabilities) ** (1 / temperature)
    return powers / powers.sum(axis=0, keepdims=True)


# --- sds-worst-slice -----------------------------------------------------------------------------


def _slices(rng: np.random.Generator) -> list[tuple[Any, Any, Any]]:
    """Slices in which the lowest share, the most errors and the smallest slice are different."""
    cases = []
    for _ in range(3):
        sizes = {
            "plain": (60, 0.8),  # most errors
            "negation": (20, 0.5),  # the worst that is large enough
            "contrast": (15, 0.6),
            "irony": (3, 0.0),  # worse, but too small
        }
        names = [name for name, (n, _) in sizes.items() for _ in range(n)]
        right = [int(i < round(n * share)) for n, share in sizes.values() for i in range(n)]
        order = rng.permutation(len(names)).tolist()
        cases.append(([right[i] for i in order], [names[i] for i in order], 10))
    cases.append(([1, 1, 0, 1, 0, 0], ["a", "a", "a", "b", "b", "b"], 1))
    cases.append(([0, 1, 0, 1, 1], ["b", "b", "a", "a", "a"], 2))  # exactly `least` is enough
    return cases


@sheet.function("sds-worst-slice", cases=_slices, returns="the name of a slice")
def worst_slice(right, names, least):
    """The condition is what makes the number worth reading: among enough small slices there is
    always one that is badly off by chance."""
    outcomes = {}
    for is_right, name in zip(right, names):
        outcomes.setdefault(name, []).append(is_right)
    large = {name: sum(xs) / len(xs) for name, xs in outcomes.items() if len(xs) >= least}
    return min(large, key=large.get)


@worst_slice.also_right
def with_pandas(right, names, least):
    import pandas as pd

    table = pd.DataFrame({"right": list(right), "name": list(names)}).groupby("name").right
    means = table.mean()[table.size() >= least]
    return means.idxmin()


@worst_slice.also_right
def with_numpy(right, names, least):
    right, names = np.array(right), np.array(names)
    kept = [name for name in np.unique(names) if (names == name).sum() >= least]
    return kept[int(np.argmin([right[names == name].mean() for name in kept]))]


@worst_slice.wrong
def of_any_size(right, names, least):
    """The slice that you return is smaller than `least`: a few texts are soon all wrong by
    chance."""
    table = {name: [r for r, n in zip(right, names) if n == name] for name in names}
    return min(table, key=lambda name: sum(table[name]) / len(table[name]))


@worst_slice.wrong
def most_errors(right, names, least):
    """That is the slice with the most errors. A large slice has many of them even if it is mostly
    right; take the share."""
    table = {name: [r for r, n in zip(right, names) if n == name] for name in names}
    large = {name: xs for name, xs in table.items() if len(xs) >= least}
    return max(large, key=lambda name: len(large[name]) - sum(large[name]))


@worst_slice.wrong
def best_one(right, names, least):
    """That is the slice with the *highest* accuracy."""
    table = {name: [r for r, n in zip(right, names) if n == name] for name in names}
    large = {name: sum(xs) / len(xs) for name, xs in table.items() if len(xs) >= least}
    return max(large, key=lambda name: large[name])


@worst_slice.wrong
def the_accuracy(right, names, least):
    """That is the accuracy of the worst slice. Its *name* is asked for."""
    table = {name: [r for r, n in zip(right, names) if n == name] for name in names}
    return min(sum(xs) / len(xs) for xs in table.values() if len(xs) >= least)


# --- what came out -------------------------------------------------------------------------------


@sheet.outcome("sds-shuffle")
def by_students(alone, proper, scrambled):
    """Accuracies of three students; ``scrambled`` is ``...`` as long as nobody has measured it."""
    if scrambled is ...:
        return "So far you have only said so: put the call of `bag_taught_on` in, and measure it."
    said = f"Labels alone {alone:.1%}, scrambled text {scrambled:.1%}, proper text {proper:.1%}."
    if scrambled - alone < (proper - alone) / 2:
        said += " So in this town less than half was left; look at another seed as well."
    return said


@sheet.outcome("sds-remedy")
def by_remedies(gains):
    return "Points gained: " + ", ".join(f"{how} {gain:+.1f}" for how, gain in gains.items()) + "."
