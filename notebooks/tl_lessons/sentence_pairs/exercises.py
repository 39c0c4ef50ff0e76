"""What the exercises of ``21_sentence_pairs`` do; their words are in the TOML file."""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from tl_helpers.exercises import Sheet
from tl_helpers.measure import results
from tl_lessons.sentence_pairs import lesson

sheet = Sheet(lesson.notebook, __file__)

# --- pair-loss -----------------------------------------------------------------------------------


def _batches(rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray, float]]:
    """Pairs that belong together more or less, of lengths of their own."""
    cases = []
    for n, d, temperature in [(3, 4, 0.5), (5, 3, 0.1), (4, 6, 2.0)]:
        u = rng.normal(size=(n, d))
        v = u + rng.normal(size=(n, d))
        cases.append(
            (u * rng.uniform(0.5, 3, (n, 1)), v * rng.uniform(0.5, 3, (n, 1)), temperature)
        )
    return cases


@sheet.function("pair-loss", cases=_batches, returns="one number")
def in_batch_loss(u, v, temperature):
    """The larger the batch, the more wrong answers come for free: the models that search is done
    with were trained on batches of thousands. Two texts of a batch that belong together by chance
    are counted as wrong all the same."""
    u = u / np.linalg.norm(u, axis=1, keepdims=True)
    v = v / np.linalg.norm(v, axis=1, keepdims=True)
    scores = u @ v.T / temperature
    surprise = np.log(np.exp(scores).sum(axis=1)) - np.diag(scores)
    return surprise.mean()


@in_batch_loss.also_right
def by_softmax(u, v, temperature):
    cosines = (u @ v.T) / np.outer(np.linalg.norm(u, axis=1), np.linalg.norm(v, axis=1))
    shares = np.exp(cosines / temperature)
    shares /= shares.sum(axis=1, keepdims=True)
    return -np.log(np.diag(shares)).mean()


@in_batch_loss.also_right
def by_torch(u, v, temperature):
    import torch

    u, v = (torch.nn.functional.normalize(torch.tensor(x)) for x in (u, v))
    return torch.nn.functional.cross_entropy(u @ v.T / temperature, torch.arange(len(u))).item()


def _cosines(u, v):
    return (u @ v.T) / np.outer(np.linalg.norm(u, axis=1), np.linalg.norm(v, axis=1))


def _loss(scores, axis=1):
    return float(np.mean(logsumexp(scores, axis=axis) - np.diag(scores)))


@in_batch_loss.wrong
def without_lengths(u, v, temperature):
    """These are dot products: a long vector wins by its length. Scale each row to length one
    first; then they are cosines."""
    return _loss(u @ v.T / temperature)


@in_batch_loss.wrong
def other_direction(u, v, temperature):
    """That asks which row of `u` is right for each row of `v`. Here each row of `u` asks, so the
    softmax goes over the columns of a row: `axis=1`."""
    return _loss(_cosines(u, v) / temperature, axis=0)


@in_batch_loss.wrong
def without_temperature(u, v, temperature):
    """The temperature is missing. Cosines lie between -1 and 1, so without a small temperature even
    a perfect batch keeps a large loss."""
    return _loss(_cosines(u, v))


@in_batch_loss.wrong
def multiplied(u, v, temperature):
    """Divide by the temperature: a *small* one makes the differences large."""
    return _loss(_cosines(u, v) * temperature)


@in_batch_loss.wrong
def summed(u, v, temperature):
    """The sum over the batch; the exercise asks for the mean."""
    return len(u) * _loss(_cosines(u, v) / temperature)


@in_batch_loss.wrong
def probability(u, v, temperature):
    """That is the mean probability of the right row. The cross-entropy is the mean of its negative
    *logarithm*."""
    scores = _cosines(u, v) / temperature
    return float(np.mean(np.exp(np.diag(scores) - logsumexp(scores, axis=1))))


@in_batch_loss.wrong
def negative(u, v, temperature):
    """The sign: a loss is small when the right row is likely, and never below zero."""
    return -_loss(_cosines(u, v) / temperature)


@in_batch_loss.wrong
def only_right_ones(u, v, temperature):
    """That only looks at the right pairs. Without the wrong ones, all vectors could be the same."""
    return float(-np.mean(np.diag(_cosines(u, v) / temperature)))


# --- pair-artefact -------------------------------------------------------------------------------


def lost_in_stored_towns() -> np.ndarray:
    """Points that half an artefact has cost on clean pairs, in each town of the stored study."""
    runs = results.load("pair-encoders").table
    bi = runs[(runs.kind == "bi-encoder") & (runs.weights == "pre-trained") & (runs.steps == 150)]
    by_town = bi.fillna({"artefact": 0.0}).pivot_table("clean", "seed", "artefact")
    return (by_town[0.0] - by_town[0.5]).to_numpy()


def how_much(lost: float, left: float) -> str:
    """The option that a loss is, and what is left after it."""
    if left <= 43:
        return "all"
    return "nothing" if lost < 1 else "little" if lost <= 10 else "much"


@sheet.outcome("pair-artefact")
def with_half_an_artefact(clean, half):
    """``clean`` and ``half``: what ``town_run`` gives; ``...`` until it is run."""
    if half is ...:
        return "So far you have only said so: put the call of `town_run` in, and measure."
    lost, stored = clean["clean"] - half["clean"], lost_in_stored_towns()
    said = (
        f"Measured on clean pairs: {clean['clean']:.1f} after clean training, {half['clean']:.1f} "
        f"after training with half an artefact. In {len(stored)} other towns it cost "
        f"{stored.min():.1f} to {stored.max():.1f} points, {stored.mean():.1f} in the mean."
    )
    return said, how_much(lost, half["clean"])
