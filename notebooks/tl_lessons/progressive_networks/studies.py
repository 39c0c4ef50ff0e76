"""Stored experiments of ``31_progressive_networks``; the method stands in the notebook's cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from tl_helpers import models
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.train import probe
from tl_helpers.train.precision import supports_bf16

notebook = Cells("31_progressive_networks")
METHODS = (
    "one head",
    "own heads",
    "frozen + head",
    "scratch",
    "progressive",
    "random columns",
)
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
#: On rated sentences: the rate of the start notebook, and that of the town's columns.
TUNING_RATE, COLUMN_RATE = 1e-4, 3e-3


def _cells() -> Any:
    vars(notebook)["tokenizer"] = models.town_tokenizer()
    return notebook


@results.study(
    "progressive-rates",
    {"method": METHODS, "rate": RATES},
    {"method": "frozen + head", "rate": [1e-1, 3e-1]},  # a head alone takes larger steps
    seeds=range(50, 53),
)
def progressive_rates(
    seed: int, method: str, rate: float, labels: int = 128
) -> dict[str, float | None]:
    """Which learning rate, judged on validation sentences of towns that nothing else uses.

    ``new``: accuracy on restaurants and topics directly after each was learned, their mean.
    ``film``: what is left of the first task at the end.
    """
    rows = _cells().sequence(method, seed, rate, labels, part="validation")
    new = [r["accuracy"] for r in rows if r["after"] == r["task"] != "film"]
    left = next(r["accuracy"] for r in rows if (r["after"], r["task"]) == ("topic", "film"))
    return {"new": float(np.mean(new)), "film": left}


# --- rated sentences, a real encoder as the first column ------------------------------------------
class Tuned(torch.nn.Module):
    """An encoder with a head on its pooled states; all layers move, its word table does not."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder, self.head = encoder, torch.nn.Linear(encoder.config.hidden_size, 2)
        self.encoder.embeddings.requires_grad_(False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """``[texts, tokens]`` ids -> ``[texts, 2]`` scores."""
        real = ids > 0
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=supports_bf16()):
            states = self.encoder(input_ids=ids, attention_mask=real.long())[0].float()
        return self.head((states * real.unsqueeze(-1)).sum(1) / real.sum(1, keepdim=True))

    def learn(self, task: Any, rate: float, steps: int) -> None:
        """AdamW on batches of 16; the new head moves ten times as fast as the encoder."""
        groups = [
            {"params": self.encoder.encoder.parameters(), "lr": rate},
            {"params": self.head.parameters(), "lr": 10 * rate},
        ]
        optimiser = torch.optim.AdamW(groups, weight_decay=0.0, fused=True)
        for _ in range(steps):
            some = torch.randperm(len(task.ids))[:16]
            loss = torch.nn.functional.cross_entropy(self(task.ids[some]), task.labels[some])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    @torch.no_grad()
    def accuracy(self, task: Any) -> float:
        """The share of test sentences that come out right."""
        scores = torch.cat([self(some) for some in task.test_ids.split(100)])
        return float((scores.argmax(1) == task.test_labels).float().mean())


def tuned_in_turn(encoder: Any, tasks: Any, rate: float, steps: int = 40) -> list[dict[str, Any]]:
    """One encoder with one head, fine-tuned on task after task; rows as in the notebook."""
    network, rows = Tuned(encoder), []
    for t, task in enumerate(tasks):
        network.learn(task, rate, steps)
        rows += [
            {"after": task.name, "task": judged.name, "accuracy": network.accuracy(judged)}
            for judged in tasks[: t + 1]
        ]
    return rows


def heads_only(encoder: Any, tasks: Any) -> list[float]:
    """A logistic regression on the frozen encoder's pooled states, for each task."""
    reader = [_cells().PretrainedColumn(encoder)]
    scores = []
    for task in tasks:
        rows, test = (
            notebook.states_of(reader, ids)[0][-1].numpy() for ids in (task.ids, task.test_ids)
        )
        fitted = probe.linear(rows, task.labels.numpy(), 0.01)
        scores.append(float(fitted.score(test, task.test_labels.numpy())))
    return scores


def rated(seed: int, method: str, rate: float, labels: int) -> list[dict[str, Any]]:
    """Films, products, tweets in turn, by one method."""
    random_weights = method == "random encoder"
    encoder, words = models.load("minilm-l3", random_weights=random_weights, seed=seed)
    tasks = _cells().real_tasks(seed, words, labels)
    torch.manual_seed(1000 + seed)
    if method == "one head":
        return tuned_in_turn(encoder, tasks, rate)
    scores = (
        heads_only(encoder, tasks)
        if method == "frozen + head"
        else notebook.real_columns(encoder, tasks, rate, len(words))
    )
    names = [task.name for task in tasks]
    return [
        {"after": names[t], "task": names[i], "accuracy": scores[i]}
        for t in range(len(names))
        for i in range(t + 1)
    ]


@results.study(
    "progressive-ratings",
    method=["one head", "frozen + head", "progressive", "random encoder"],
    of_town=False,
)
def progressive_ratings(seed: int, method: str, labels: int = 128) -> list[dict[str, Any]]:
    """Films (complaints), products, tweets (praise) in turn, with MiniLM-L3 as the first column.

    Each seed draws the labelled sentences, those that are judged, and the random weights. Rates
    were not tuned on these sentences: they are those of the start notebook and of the town.

    Raises:
        NotHere: the ratings or the encoder have not been fetched.
    """
    return rated(seed, method, TUNING_RATE if method == "one head" else COLUMN_RATE, labels)
