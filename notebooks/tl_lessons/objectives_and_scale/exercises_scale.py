"""The exercises of the second half of ``13_objectives_and_scale``: cost and scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tl_helpers.exercises.answers import Choice
from tl_helpers.exercises.functions import Function
from tl_helpers.exercises.model import Exercise, Mistake, add
from tl_helpers.exercises.readings import Reading

NOTEBOOK = "13_objectives_and_scale"

# --- scale-trick ---------------------------------------------------------------------------------


def padding_costs(factors: Mapping[str, float] | None = None) -> str:
    """What to say about the right prediction, with what was measured.

    Args:
        factors: how many times the work each trick saves, by its name in the question.
    """
    why = (
        "A row of 128 positions holds a document of fifty tokens and padding for the rest, and the "
        "network multiplies the padding as carefully as the words. Where texts differ less in "
        "length, or are sorted by it, padding costs less."
    )
    if not factors:
        return why
    found = ", ".join(f"{name} {times:.1f}" for name, times in factors.items())
    return f"Times the work for a token, if it is left out: {found}. {why}"


add(
    Exercise(
        id="scale-trick",
        notebook=NOTEBOOK,
        question="Which trick costs the most time for a token of text when it is left out?",
        answer=Choice(
            {
                "packing": "every document in a row of its own, filled up with padding",
                "masked logits": "a softmax over the vocabulary at every position",
                "bfloat16": "32-bit numbers in all matrix products",
                "fused optimiser": "a Python loop over the parameters",
            },
            right="packing",
        ),
        solution=(
            'cost_prediction = "packing"\n'
            "# A document has about fifty tokens, a row 128 places: more than half is padding."
        ),
        right=padding_costs,
        also_right=("Packing", "every document in a row of its own, filled up with padding"),
        mistakes=(
            Mistake(
                "masked logits",
                "A good guess: with thousands of words the output layer is much of a small model. "
                "But it is not all of it. Is there something that makes *all* layers work for "
                "nothing? A document of the town has about fifty tokens, a row 128 places.",
            ),
            Mistake(
                "bfloat16",
                "Half as many bits are at best twice the speed, and only in the matrix products. "
                "How many of 128 places in a row are empty when a document has fifty tokens?",
            ),
            Mistake(
                "fused optimiser",
                "The optimiser touches each weight once a step; the network uses each of them for "
                "every token of the batch. In a small model with a sensible batch it is a small "
                "part of the work.",
            ),
        ),
        hints=(
            "Three of the four make some part of the work dearer. One makes the network work on "
            "what is no text at all.",
            "A document of the town has about fifty tokens; a row has 128 places.",
        ),
    )
)

# --- scale-hours ---------------------------------------------------------------------------------


def training_hours(parameters: float, tokens: float, peak: float, utilisation: float) -> float:
    """Hours of one device for training: 6 operations for each parameter and token.

    Args:
        parameters: of the model.
        tokens: read in all.
        peak: operations a second that the device can do.
        utilisation: share of the peak that training reaches.
    """
    return 6 * parameters * tokens / (peak * utilisation) / 3600


def _jobs(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    return [
        (
            float(rng.integers(1, 90)) * 10.0 ** int(rng.integers(6, 10)),
            float(rng.integers(1, 90)) * 10.0 ** int(rng.integers(8, 11)),
            float(rng.integers(2, 9)) * 1e14,
            float(rng.uniform(0.2, 0.6)),
        )
        for _ in range(5)
    ]


add(
    Exercise(
        id="scale-hours",
        notebook=NOTEBOOK,
        question=(
            "Write training_hours(parameters, tokens, peak, utilisation): the hours that training "
            "takes on a device that can do `peak` operations a second and reaches the share "
            "`utilisation` of it."
        ),
        answer=Function(training_hours, _jobs, tolerance=1e-6, returns="one number, in hours"),
        solution=(
            "def training_hours(parameters, tokens, peak, utilisation):\n"
            "    operations = 6 * parameters * tokens\n"
            "    return operations / (peak * utilisation) / 3600"
        ),
        right=(
            "Two operations (multiply, add) for each parameter and token forwards, four backwards. "
            "What a pass over the data costs is known before anything is run."
        ),
        also_right=(
            training_hours,
            lambda n, d, p, u: (2 + 4) * n * d / 3600 / u / p,
            lambda n, d, p, u: np.float64(n) * d * 6 / (3600 * p * u),
        ),
        mistakes=(
            Mistake(
                lambda n, d, p, u: 2 * n * d / (p * u) / 3600,
                "That is the forward pass alone: one multiplication and one addition. The backward "
                "pass needs the gradient of the inputs *and* of the weights, twice as much again.",
            ),
            Mistake(
                lambda n, d, p, u: n * d / (p * u) / 3600,
                "Each parameter is used more than once for a token: a multiplication and an "
                "addition forwards, and twice that backwards. Six in all.",
            ),
            Mistake(
                lambda n, d, p, u: 6 * n * d / p / 3600,
                "That is a device at its peak, and nobody reaches that. Only the share "
                "`utilisation` of it does useful work.",
            ),
            Mistake(
                lambda n, d, p, u: 6 * n * d * u / p / 3600,
                "The lower the utilisation, the *longer* it takes: divide by it.",
            ),
            Mistake(
                lambda n, d, p, u: 6 * n * d / (p * u),
                "Right, but in seconds. An hour has 3,600 of them.",
                also=(lambda n, d, p, u: 6 * n * d / (p * u) / 60,),
            ),
        ),
        hints=(
            "By hand: 1e9 parameters, 2e10 tokens, a peak of 1e15 and a utilisation of 0.4 are "
            "6 * 1e9 * 2e10 = 1.2e20 operations at 4e14 a second: 300,000 seconds, 83.3 hours.",
            "Operations: 6 * parameters * tokens. Speed: peak * utilisation, in operations a "
            "second. Divide, then divide by 3,600.",
        ),
    )
)

# --- scale-optimal -------------------------------------------------------------------------------


def best_size(A: float, a: float, B: float, b: float, compute: float) -> float:
    """Where ``A / N**a + B / D**b`` is smallest if ``6 * N * D`` is given.

    Args:
        A: weight of the size.
        a: its exponent.
        B: weight of the data.
        b: its exponent.
        compute: operations in all.
    """
    return float((a * A / (b * B)) ** (1 / (a + b)) * (compute / 6) ** (b / (a + b)))


def _laws(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    cases = []
    for low, high in ((0.28, 0.34), (0.45, 0.3), (0.6, 0.9), (0.35, 0.7)):
        a, b = low * rng.uniform(0.9, 1.1), high * rng.uniform(0.9, 1.1)
        A, B = 10 ** rng.uniform(2.0, 2.6), 10 ** rng.uniform(2.7, 3.4)
        cases.append((float(A), float(a), float(B), float(b), float(10 ** rng.uniform(16, 19))))
    return cases


def _by_search(A: float, a: float, B: float, b: float, compute: float) -> float:
    from scipy.optimize import minimize_scalar

    def loss(x: float) -> float:
        n = np.exp(x)
        return float(np.log(A / n**a + B / (compute / 6 / n) ** b))

    found = minimize_scalar(
        loss, bounds=(0, np.log(compute / 6)), method="bounded", options={"xatol": 1e-10}
    )
    return float(np.exp(found.x))


add(
    Exercise(
        id="scale-optimal",
        notebook=NOTEBOOK,
        question=(
            "Write best_size(A, a, B, b, compute): the number of parameters N for which the law "
            "E + A / N**a + B / D**b is lowest, when 6 * N * D must be `compute`."
        ),
        answer=Function(best_size, _laws, tolerance=1e-2, returns="one number of parameters"),
        solution=(
            "def best_size(A, a, B, b, compute):\n"
            "    # D = compute / 6 / N; the derivative by N is zero where\n"
            "    # a * A / N**a == b * B / D**b\n"
            "    G = (a * A / (b * B)) ** (1 / (a + b))\n"
            "    return G * (compute / 6) ** (b / (a + b))"
        ),
        right=(
            "N grows with the power b / (a + b) of the compute, D with a / (a + b). If the two "
            "exponents are alike, so are these: one half each, the rule of Hoffmann et al. (2022)."
        ),
        also_right=(best_size, _by_search),
        mistakes=(
            Mistake(
                lambda A, a, B, b, c: best_size(A, a, B, b, c * 6),
                "Nearly: with N * D = compute. But a token costs six operations for each "
                "parameter, so N * D = compute / 6.",
            ),
            Mistake(
                lambda A, a, B, b, c: c / 6 / best_size(A, a, B, b, c),
                "Those are the best *tokens*. The size goes with them: N = compute / 6 / D.",
            ),
            Mistake(
                lambda A, a, B, b, c: float(
                    (a * A / (b * B)) ** (1 / (a + b)) * (c / 6) ** (a / (a + b))
                ),
                "The exponents are swapped. If the loss falls *faster* with data (a large b), a "
                "few tokens go a long way, and the size should get more of the compute: b on top.",
            ),
            Mistake(
                lambda A, a, B, b, c: float((A / B) ** (1 / (a + b)) * (c / 6) ** (b / (a + b))),
                "That is where both terms are *equal*. The sum is smallest where their slopes "
                "balance: a * A / N**a = b * B / D**b.",
            ),
            Mistake(
                lambda A, a, B, b, c: float(np.sqrt(c / 6)),
                "Half and half whatever the law says? Only if both terms are alike. Put "
                "D = compute / 6 / N into the law and look for its minimum over N.",
            ),
        ),
        hints=(
            "Only N is free: D = compute / 6 / N. Either set the derivative to zero, or try many "
            "values of N and keep the best (np.logspace is fine, if it is fine enough).",
            "At the minimum, a * A / N**a == b * B / D**b. Put D in, and solve for N.",
        ),
    )
)

# --- scale-budget --------------------------------------------------------------------------------

Grid = Mapping[int, Mapping[int, float]]  # parameters -> tokens -> loss


def best_per_budget(losses: Grid, budget: float) -> int:
    """The size whose loss is lowest among the runs that cost at most ``budget`` operations."""
    reached = _affordable(losses, budget)
    return min(reached, key=lambda n: reached[n])


def _affordable(losses: Grid, budget: float) -> dict[int, float]:
    found = {
        n: [loss for tokens, loss in runs.items() if 6 * n * tokens <= budget]
        for n, runs in losses.items()
    }
    return {n: min(values) for n, values in found.items() if values}


def _largest(losses: Grid, budget: float) -> int | None:
    top = max(losses)
    return None if top == best_per_budget(losses, budget) else top


def _smallest(losses: Grid, budget: float) -> int | None:
    low = min(losses)
    return None if low == best_per_budget(losses, budget) else low


def _least_loss(losses: Grid, budget: float) -> float:
    return float(_affordable(losses, budget)[best_per_budget(losses, budget)])


def _best_tokens(losses: Grid, budget: float) -> int:
    runs = losses[best_per_budget(losses, budget)]
    return min(
        (t for t in runs if 6 * best_per_budget(losses, budget) * t <= budget),
        key=lambda t: runs[t],
    )


def _some_ladder(rng: np.random.Generator) -> dict[str, Any]:
    """A ladder after a law in which the middle size is best for the budget."""
    sizes, amounts = (40_000, 100_000, 250_000), (131_072, 262_144, 524_288, 1_048_576)
    A, B = 900 * rng.uniform(0.97, 1.03), 5500 * rng.uniform(0.97, 1.03)
    losses = {n: {d: float(1.3 + A / n**0.66 + B / d**0.75) for d in amounts} for n in sizes}
    return {"losses": losses, "budget": 6 * 100_000 * 524_288.0}


add(
    Exercise(
        id="scale-budget",
        notebook=NOTEBOOK,
        question=(
            "Among all runs that cost at most `budget` operations, how many parameters has the one "
            "with the lowest loss?"
        ),
        answer=Reading(best_per_budget, _some_ladder, form="a number of parameters"),
        solution=(
            "affordable = {n: min(loss for tokens, loss in runs.items() "
            "if 6 * n * tokens <= budget)\n"
            "              for n, runs in losses.items()\n"
            "              if 6 * n * min(runs) <= budget}\n"
            "best = min(affordable, key=affordable.get)"
        ),
        right=(
            "Too small a model cannot learn more from further text; too large a one cannot afford "
            "enough of it. In between lies the size for this budget, and it moves up with it."
        ),
        mistakes=(
            Mistake(
                _largest,
                "The largest model has the lowest loss when it may read as much as the others. "
                "For the same *budget* it reads less. Look left of the vertical line only.",
            ),
            Mistake(
                _smallest,
                "The smallest model reads the most for the budget, but what it can hold is soon "
                "full. Compare the heights of the lines where they meet the budget.",
            ),
            Mistake(
                _least_loss,
                "That is the *loss* of the best run. The question is which model it was: the name "
                "of its line.",
            ),
            Mistake(
                _best_tokens,
                "That is how many *tokens* the best run has read. The question is its size.",
            ),
        ),
        hints=(
            "Cost is on the horizontal axis. Leave out every point to the right of the budget.",
            "Of what is left, take the lowest point, and read which line it is on.",
        ),
    )
)
