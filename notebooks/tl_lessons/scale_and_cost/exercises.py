"""What the exercises of ``15_scale_and_cost`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_helpers.measure.evaluate import difference
from tl_lessons.scale_and_cost import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- scale-refit ---------------------------------------------------------------------------------


@sheet.outcome("scale-refit")
def another_floor(laws, my_laws, law, entropy, far_out):
    """``laws``, ``my_laws``: seed -> the five numbers of ``law``; ``far_out``: the runs of the
    largest model held back.

    ``my_laws`` is ``...`` as long as nobody has fitted again.
    """
    if my_laws is ...:
        return "So far you have only said so: fit again, and see where the floors lie."
    if not isinstance(my_laws, dict) or set(my_laws) != set(laws):
        return "`my_laws` should hold what `refit` returns, a law for each seed."

    def floors_and_misses(of):
        floors = np.array([np.exp(of[seed][0]) for seed in laws])
        misses = [
            abs(law(of[one.seed], one.parameters, one.tokens) - one.loss)
            for one in far_out.itertuples()
        ]
        return floors, np.array(misses)

    (before, miss), (now, my_miss) = map(floors_and_misses, (laws, my_laws))
    nearer = difference(abs(before - entropy), abs(now - entropy))
    said = (
        f"The floor was {before.mean():.2f} and is {now.mean():.2f}, the entropy {entropy:.2f}. It "
        f"came nearer by {nearer.mean:+.2f} nats [{nearer.low:+.2f}, {nearer.high:+.2f}]. From the "
        f"largest model the laws were {miss.mean():.3f} off and are {my_miss.mean():.3f} off."
    )
    if abs(now - before).max() < 0.01:
        return said, "same"
    if nearer.low <= 0 <= nearer.high:
        return said, "unclear"
    return said, "nearer" if nearer.mean > 0 else "farther"


# --- scale-budget --------------------------------------------------------------------------------


def _some_valley(rng: np.random.Generator) -> dict[str, Any]:
    """One budget, five sizes, five seeds each; one of the inner sizes is best."""
    sizes = (40_000, 80_000, 160_000, 320_000, 640_000)
    best, steep = int(rng.integers(1, 4)), rng.uniform(0.05, 0.09)
    town = rng.normal(0, 0.02, 5)  # what all runs of a seed share
    return {
        "budget": 8e11,
        "slice_of": {
            n: (1.7 + steep * (i - best) ** 2 + town + rng.normal(0, 0.004, 5)).tolist()
            for i, n in enumerate(sizes)
        },
    }


@sheet.reading("scale-budget", seen=_some_valley, form="a number of parameters")
def parameters_of_best(slice_of, budget):
    """All these runs cost the same. A larger model could hold more and has no budget left for text;
    a smaller one has read more and cannot hold it. Near the bottom the two nearly balance, so sizes
    there can hardly be told apart, and any of those counts. With a larger budget the valley moves
    to the right."""
    return min(slice_of, key=lambda n: np.mean(slice_of[n]))


@parameters_of_best.also_right
def not_to_be_told_from_the_best(slice_of, budget):
    """Sizes whose distance to the best has an interval, seed by seed, that includes zero."""
    best = slice_of[parameters_of_best(slice_of, budget)]
    return [n for n, losses in slice_of.items() if difference(losses, best).low <= 0]


def _unless_right(slice_of, budget, n):
    return None if n in not_to_be_told_from_the_best(slice_of, budget) else n


@parameters_of_best.wrong
def largest(slice_of, budget):
    """The largest model has the lowest loss when it may read as much as the others. For the same
    *budget* it reads the least: look at the right end of the line."""
    return _unless_right(slice_of, budget, max(slice_of))


@parameters_of_best.wrong
def smallest(slice_of, budget):
    """The smallest model has read the most text for this budget, and still ends higher than a
    larger one that has read less. Follow the line to its lowest point."""
    return _unless_right(slice_of, budget, min(slice_of))


@parameters_of_best.wrong
def least_loss(slice_of, budget):
    """That is the *loss* at the lowest point. The question is which size lies there."""
    return float(min(map(np.mean, slice_of.values())))


@parameters_of_best.wrong
def tokens_of_best(slice_of, budget):
    """That is how many *tokens* the best run has read. The question is its size."""
    return budget / 6 / parameters_of_best(slice_of, budget)


# --- scale-optimal -------------------------------------------------------------------------------


def _laws(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    cases = []
    for low, high in ((0.28, 0.34), (0.45, 0.3), (0.6, 0.9), (0.35, 0.7)):
        a, b = low * rng.uniform(0.9, 1.1), high * rng.uniform(0.9, 1.1)
        A, B = 10 ** rng.uniform(2.0, 2.6), 10 ** rng.uniform(2.7, 3.4)
        cases.append((float(A), float(a), float(B), float(b), float(10 ** rng.uniform(16, 19))))
    return cases


def _loss(size: float, A: float, a: float, B: float, b: float, compute: float) -> float:
    """What the law says of a model of this size, above its floor."""
    return A / size**a + B / (compute / 6 / size) ** b


@sheet.function(
    "scale-optimal",
    cases=_laws,
    tolerance=1e-2,
    returns="one number of parameters",
    cost=_loss,
)
def best_size(A, a, B, b, compute):
    """N grows with the power b / (a + b) of the compute, D with a / (a + b). If the two exponents
    are alike, so are these: one half each, the rule of Hoffmann et al. (2022)."""
    # D = compute / 6 / N; the derivative by N is zero where
    # a * A / N**a == b * B / D**b
    G = (a * A / (b * B)) ** (1 / (a + b))
    return G * (compute / 6) ** (b / (a + b))


@best_size.also_right
def over_a_grid(A, a, B, b, compute):
    n = np.logspace(3, 12, 500)
    return n[np.argmin(A / n**a + B / (compute / 6 / n) ** b)]


@best_size.also_right
def by_search(A, a, B, b, compute):
    from scipy.optimize import minimize_scalar

    def loss(log_size):
        n = np.exp(log_size)
        return float(np.log(A / n**a + B / (compute / 6 / n) ** b))

    bounds = (0, np.log(compute / 6))
    best = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-10})
    return float(np.exp(best.x))


@best_size.also_right
def on_a_coarse_grid(A, a, B, b, compute):
    sizes = np.logspace(3, 16, 700)
    return sizes[np.argmin(A / sizes**a + B / (compute / 6 / sizes) ** b)]


@best_size.wrong
def one_operation(A, a, B, b, compute):
    """Nearly: with N * D = compute. But a token costs six operations for each parameter, so
    N * D = compute / 6."""
    return best_size(A, a, B, b, compute * 6)


@best_size.wrong
def best_tokens(A, a, B, b, compute):
    """Those are the best *tokens*. The size goes with them: N = compute / 6 / D."""
    return compute / 6 / best_size(A, a, B, b, compute)


@best_size.wrong
def swapped_exponents(A, a, B, b, compute):
    """The exponents are swapped. If the loss falls *faster* with data (a large b), a few tokens go
    a long way, and the size should get more of the compute: b on top."""
    return (a * A / (b * B)) ** (1 / (a + b)) * (compute / 6) ** (a / (a + b))


@best_size.wrong
def both_terms_equal(A, a, B, b, compute):
    """That is where both terms are *equal*. The sum is smallest where their slopes balance:
    a * A / N**a = b * B / D**b."""
    return (A / B) ** (1 / (a + b)) * (compute / 6) ** (b / (a + b))


@best_size.wrong
def half_and_half(A, a, B, b, compute):
    """Half and half whatever the law says? Only if both terms are alike. Put D = compute / 6 / N
    into the law and look for its minimum over N."""
    return float(np.sqrt(compute / 6))


# --- scale-hours ---------------------------------------------------------------------------------


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


@sheet.function("scale-hours", cases=_jobs, returns="one number, in hours")
def training_hours(parameters, tokens, peak, utilisation):
    """Two operations (multiply, add) for each parameter and token forwards, four backwards. What a
    pass over the data costs is known before anything is run."""
    operations = 6 * parameters * tokens
    return operations / (peak * utilisation) / 3600


@training_hours.also_right
def forwards_and_backwards(parameters, tokens, peak, utilisation):
    return (2 + 4) * parameters * tokens / 3600 / utilisation / peak


@training_hours.also_right
def with_numpy(parameters, tokens, peak, utilisation):
    return np.float64(parameters) * tokens * 6 / (3600 * peak * utilisation)


@training_hours.wrong
def forward_only(parameters, tokens, peak, utilisation):
    """That is the forward pass alone: one multiplication and one addition. The backward pass needs
    the gradient of the inputs *and* of the weights, twice as much again."""
    return 2 * parameters * tokens / (peak * utilisation) / 3600


@training_hours.wrong
def one_operation_each(parameters, tokens, peak, utilisation):
    """Each parameter is used more than once for a token: a multiplication and an addition forwards,
    and twice that backwards. Six in all."""
    return parameters * tokens / (peak * utilisation) / 3600


@training_hours.wrong
def at_its_peak(parameters, tokens, peak, utilisation):
    """That is a device at its peak, and nobody reaches that. Only the share `utilisation` of it
    does useful work."""
    return 6 * parameters * tokens / peak / 3600


@training_hours.wrong
def times_utilisation(parameters, tokens, peak, utilisation):
    """The lower the utilisation, the *longer* it takes: divide by it."""
    return 6 * parameters * tokens * utilisation / peak / 3600


@training_hours.wrong(also=[lambda n, d, p, u: 6 * n * d / (p * u) / 60])
def in_seconds(parameters, tokens, peak, utilisation):
    """Right, but in seconds. An hour has 3,600 of them."""
    return 6 * parameters * tokens / (peak * utilisation)


# --- scale-trick ---------------------------------------------------------------------------------


@sheet.outcome("scale-trick")
def what_each_saves(factors):
    """``factors``: trick -> how many times the work it saves."""
    listed = ", ".join(f"{name} {times:.1f}" for name, times in factors.items())
    said = f"Times the work for a token, if it is left out: {listed}."
    return said, max(factors, key=factors.get)
