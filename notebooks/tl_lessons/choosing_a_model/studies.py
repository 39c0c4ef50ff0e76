"""The stored experiments of ``42_choosing_a_model``; the estimators stand in its cells."""

from __future__ import annotations

import time
from typing import Any

from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.train import adapt
from tl_lessons.choosing_a_model import zoo

notebook = Cells("42_choosing_a_model")
REAL_LABELS = 96


# --- rates, judged on seeds that nothing else uses -----------------------------------------------


@results.study(
    "choosing-town-rates",
    member=["town-mlm", "labels: topic"],
    target=["opinions", "domain"],
    rate=[1.5e-4, 5e-4, 1.5e-3],
    seeds=range(50, 53),
)
def town_rates(seed: int, member: str, target: str, rate: float) -> dict[str, float]:
    """Which rate for the town's zoo, on towns that judge nothing else."""
    task = zoo.town_task(target, seed)
    return {"validation": zoo.tuned(zoo.town_member(member), task, rate, seed)}


@results.study(
    "choosing-tuned-rates",
    {"member": ["minilm-l3", "minilm"], "rate": [1e-4, 3e-4, 1e-3]},
    {"member": "e5-multilingual", "rate": [3e-5, 1e-4, 3e-4]},
    seeds=range(50, 53),
    of_town=False,
)
def tuned_rates(seed: int, member: str, rate: float, target: str = "film") -> dict[str, float]:
    """Which rate for each real member, on sentences that judge nothing else.

    Raises:
        NotHere: the ratings or the member have not been fetched.
    """
    task = zoo.real_task(member, target, seed, REAL_LABELS, validation=True)
    right = zoo.tuned(zoo.loaded(member), task, rate, seed, zoo.REAL_STEPS)
    return {"validation": right}


# --- the two zoos --------------------------------------------------------------------------------


@results.study("choosing-town", target=list(zoo.TARGETS), seeds=range(5))
def town_zoo(
    seed: int, target: str, labels: int = 64, members: tuple[str, ...] = zoo.TOWN
) -> list[dict[str, Any]]:
    """Each member of the town's zoo: what the estimators say, and how good it is when fine-tuned.

    The members are always the same; a seed draws another town, other labelled sentences, other
    sentences that judge, and another head.
    """
    task = zoo.town_task(target, seed, labels)
    rate, rows = float(results.best("choosing-town", "validation")), []
    for name in members:
        member = zoo.town_member(name)
        features = adapt.embed(*member, task.texts + task.judged)
        known, others = features[: len(task.texts)], features[len(task.texts) :]
        row = {
            "member": name,
            "fine-tuned": zoo.tuned(member, task, rate, seed),
            "frozen": notebook.frozen_accuracy(known, task.labels, others, task.truth),
            **notebook.estimates(known, task.labels),
        }
        if name.startswith("labels: "):
            source = zoo.source_head(name).predict_proba(known)
            row["LEEP"] = notebook.leep(source, task.labels)
            row["NCE"] = notebook.by_nce(source, task.labels)
        rows.append(row)
    return rows


@results.study(
    "choosing-real",
    member=list(zoo.REAL),
    target=list(zoo.REAL_TARGETS),
    seeds=range(5),
    of_town=False,
)
def real_zoo(seed: int, member: str, target: str) -> dict[str, float]:
    """A frozen member on a real target: what the estimators say after 96 labels, and the accuracy
    of a linear layer on its features with 96 labels and with all that there are.

    Raises:
        NotHere: the ratings or the member have not been fetched.
    """
    from tl_helpers import data

    pool = zoo.pool(target)
    rows, others, seconds = zoo.encoded(member, target)
    chosen = data.balanced(pool.labels, REAL_LABELS, seed)
    known, labels = rows[chosen], pool.labels[chosen]
    return {
        "frozen": notebook.frozen_accuracy(known, labels, others, pool.truth),
        "all labels": notebook.frozen_accuracy(rows, pool.labels, others, pool.truth),
        "seconds a text": seconds,
        **notebook.estimates(known, labels),
    }


@results.study(
    "choosing-tuned",
    member=list(zoo.TUNED),
    target=list(zoo.TUNED_TARGETS),
    seeds=range(5),
    of_town=False,
)
def tuned_zoo(seed: int, member: str, target: str) -> dict[str, float]:
    """A real member fine-tuned on the 96 labels that the estimators see in ``choosing-real``.

    Raises:
        NotHere: the ratings or the member have not been fetched.
    """
    rate = float(results.best("choosing-tuned", "validation", member=member))
    task = zoo.real_task(member, target, seed, REAL_LABELS)
    begun = time.process_time()
    right = zoo.tuned(zoo.loaded(member), task, rate, seed, zoo.REAL_STEPS)
    return {"fine-tuned": right, "seconds": time.process_time() - begun, "rate": rate}
