"""What the exercises of ``31_progressive_networks`` do; their words are in the TOML file."""

from __future__ import annotations

from typing import Any

import numpy as np

from tl_helpers.exercises import Sheet
from tl_lessons.progressive_networks import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- prog-lateral --------------------------------------------------------------------------------


def _words(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """States of one word in earlier columns, and the weights of a lateral connection."""
    cases = []
    for columns, n, out in ((2, 3, 2), (1, 4, 3), (3, 2, 2), (2, 4, 4)):
        past = [rng.normal(0, 1, n).round(2) for _ in range(columns)]
        a = rng.uniform(0.3, 1.8, columns).round(2).tolist()
        V = rng.normal(0, 1, (n, n * columns)).round(2)
        c = rng.normal(0, 0.5, n).round(2)
        U = rng.normal(0, 1, (out, n)).round(2)
        if not 0 < (V @ np.concatenate(past) + c > 0).sum() < n:
            V[0], c[0] = abs(V[0]) * np.sign(np.concatenate(past)), 0.5  # passes the ReLU
            V[1], c[1] = -V[0], -0.5  # and this one does not
        cases.append((past, a, V, c, U))
    return cases


@sheet.function(
    "prog-lateral", cases=_words, tolerance=1e-4, returns="one vector, as long as U has rows"
)
def lateral(past, a, V, c, U):
    """Two matrices and a nonlinearity between them: a small network with one hidden layer, which
    reads all earlier columns. The scalars bring columns of different size to one scale, and V
    brings many columns back to the width of one."""
    scaled = [scalar * states for scalar, states in zip(a, past)]
    hidden = np.maximum(V @ np.concatenate(scaled) + c, 0)
    return U @ hidden


@lateral.also_right
def in_blocks(past, a, V, c, U):
    blocks = np.split(V, len(past), axis=1)  # a block of V for each column
    hidden = sum(s * (block @ h) for s, block, h in zip(a, blocks, past)) + c
    return (U @ np.where(hidden > 0, hidden, 0)).tolist()


@lateral.also_right
def entry_by_entry(past, a, V, c, U):
    h = [scalar * x for scalar, states in zip(a, past) for x in states]
    hidden = [max(0.0, sum(v * x for v, x in zip(row, h)) + bias) for row, bias in zip(V, c)]
    return [sum(u * x for u, x in zip(row, hidden)) for row in U]


@lateral.wrong
def without_scalars(past, a, V, c, U):
    """The scalars are missing: each earlier column is multiplied by its own entry of `a` before
    V reads it."""
    return U @ np.maximum(V @ np.concatenate(past) + c, 0)


@lateral.wrong
def without_nonlinearity(past, a, V, c, U):
    """There is no nonlinearity between V and U. Without it the two matrices are no more than one
    matrix, their product."""
    return U @ (V @ np.concatenate([s * h for s, h in zip(a, past)]) + c)


@lateral.wrong
def nonlinearity_at_the_end(past, a, V, c, U):
    """The ReLU stands at the end. It belongs between the two matrices; what comes out of U is added
    to the new column's own part, and only the sum goes through a nonlinearity once more."""
    return np.maximum(U @ (V @ np.concatenate([s * h for s, h in zip(a, past)]) + c), 0)


@lateral.wrong
def nonlinearity_twice(past, a, V, c, U):
    """One ReLU too many: that between V and U is right, but the result of U is handed over as it
    is, negative numbers included."""
    return np.maximum(lateral(past, a, V, c, U), 0)


@lateral.wrong
def without_bias(past, a, V, c, U):
    """`c`, the bias of V, is missing; it is added before the nonlinearity."""
    return U @ np.maximum(V @ np.concatenate([s * h for s, h in zip(a, past)]), 0)


@lateral.wrong
def summed(past, a, V, c, U):
    """The columns were added up. V has as many columns as all earlier states *together*: put them
    end to end, with `np.concatenate`."""
    return U @ np.maximum(V @ sum(s * h for s, h in zip(a, past)) + c, 0)


@lateral.wrong
def the_hidden_ones(past, a, V, c, U):
    """That is what V and the nonlinearity make of it. U is still to come."""
    return np.maximum(V @ np.concatenate([s * h for s, h in zip(a, past)]) + c, 0)


# --- prog-transfer -------------------------------------------------------------------------------


def _matrices(rng: np.random.Generator) -> list[tuple[Any, Any]]:
    """Accuracy on each task (columns) after each task (rows), and before any training."""
    return [
        (rng.uniform(0.1, 1.0, (tasks, tasks)).round(3), rng.uniform(0.4, 0.6, tasks).round(3))
        for tasks in (3, 4, 3, 5)
    ]


@sheet.function(
    "prog-transfer",
    cases=_matrices,
    tolerance=1e-4,
    returns="two numbers, backward transfer first",
)
def transfers(R, before):
    """Both are averages over one task fewer than there are: the last task has no later one that
    could harm it, and the first has no earlier one that could help it. Note what forward transfer
    asks here: how good is a network at a task that it has *not* been taught yet? Whether it learns
    that task better afterwards, this number does not say."""
    T = len(R)
    backward = [R[T - 1][i] - R[i][i] for i in range(T - 1)]
    forward = [R[i - 1][i] - before[i] for i in range(1, T)]
    return sum(backward) / (T - 1), sum(forward) / (T - 1)


@transfers.also_right
def with_numpy(R, before):
    R, before = np.asarray(R), np.asarray(before)
    backward = (R[-1] - np.diag(R))[:-1].mean()
    return np.array([backward, (np.diag(R, k=1) - before[1:]).mean()])


@transfers.wrong
def divided_by_all(R, before):
    """The sums are right. They have one term fewer than there are tasks, so divide by T - 1."""
    share = (len(R) - 1) / len(R)
    return tuple(share * value for value in transfers(R, before))


@transfers.wrong
def turned_round(R, before):
    """The sign of the first is turned round. Backward transfer is what a task has *at the end*
    minus what it had when it was learned, so forgetting is negative."""
    backward, forward = transfers(R, before)
    return -backward, forward


@transfers.wrong
def after_learning(R, before):
    """Your forward transfer takes the diagonal: the accuracy *after* a task was learned. Asked is
    the row above, R[i - 1][i], just before it."""
    R = np.asarray(R)
    return transfers(R, before)[0], (np.diag(R) - before)[1:].mean()


@transfers.wrong
def without_the_baseline(R, before):
    """Forward transfer is counted from `before[i]`, what the untrained network scores on the task.
    Half of the answers are right by chance."""
    return transfers(R, before)[0], np.diag(np.asarray(R), k=1).mean()


@transfers.wrong
def one_step(R, before):
    """You looked one task ahead only, R[i + 1][i]. Backward transfer takes the *last* row: what is
    left of a task when all others have been learned."""
    R = np.asarray(R)
    return (np.diag(R, k=-1) - np.diag(R)[:-1]).mean(), transfers(R, before)[1]


@transfers.wrong
def transposed(R, before):
    """Rows and columns are mixed up. R[t][i] is the accuracy on task i *after* task t: time goes
    down, tasks go to the right."""
    return transfers(np.asarray(R).T, before)


@transfers.wrong
def swapped(R, before):
    """Both numbers are right. Give backward transfer first."""
    return transfers(R, before)[::-1]


# --- prog-same -----------------------------------------------------------------------------------


@sheet.outcome("prog-same")
def after_the_same_labels(turned, same):
    """``turned`` and ``same``: rows of the one-head network in one town, with the labels of the
    first task turned round and with the same labels; ``same`` is ``...`` until it was measured."""
    if same is ...:
        return "So far you have only said so: put the call of `sequence` in, and measure it."

    def on_film(rows, after):
        return next(r["accuracy"] for r in rows if (r["after"], r["task"]) == (after, "film"))

    lost = {
        name: 100 * (on_film(rows, "film") - on_film(rows, "restaurant"))
        for name, rows in (("turned round", turned), ("the same", same))
    }
    said = "Measured, points lost on films: " + ", ".join(
        f"labels {name} {points:.0f}" for name, points in lost.items()
    )
    left = on_film(same, "restaurant")
    if left < 0.6:
        return f"{said}.", "forgotten" if left < 0.4 else "chance"
    if abs(lost["the same"]) <= 3:
        return f"{said}.", "kept"
    return f"{said}.", "lowered" if lost["the same"] > 0 else "improved"


# --- prog-growth ---------------------------------------------------------------------------------


def _sizes(rng: np.random.Generator) -> list[tuple[int, int]]:
    return [(4, 64), (1, 8), (2, 16), *((int(rng.integers(5, 30)), 32) for _ in range(2))]


@sheet.function("prog-growth", cases=_sizes, returns="a whole number")
def weights_of_V(tasks, n):
    """Column k reads k - 1 others, so the sum 0 + 1 + 2 + ... makes it quadratic: twice the tasks,
    four times the weights. The columns themselves grow in step with the tasks."""
    return sum(3 * n * n * (k - 1) for k in range(1, tasks + 1))


@weights_of_V.also_right
def by_formula(tasks, n):
    return 3 * n**2 * tasks * (tasks - 1) // 2


@weights_of_V.wrong
def of_the_last(tasks, n):
    """That is what the *last* column adds. All columns are asked for, each with its own V."""
    return 3 * n * n * (tasks - 1)


@weights_of_V.wrong
def as_if_linear(tasks, n):
    """Each column would read one other. A column reads *all* that came before it, so a later one
    has a wider V."""
    return 3 * n * n * tasks


@weights_of_V.wrong
def with_itself(tasks, n):
    """One too many in each column: the first has nothing to read, and the second reads one."""
    return sum(3 * n * n * k for k in range(1, tasks + 1))


@weights_of_V.wrong
def one_layer(tasks, n):
    """That is one lateral in each column. There are three: into both layers and into the head."""
    return sum(n * n * (k - 1) for k in range(1, tasks + 1))
