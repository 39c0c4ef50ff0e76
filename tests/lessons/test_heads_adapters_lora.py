"""Notebook 30: its cells by hand and against ``peft``, and the studies behind it."""

from __future__ import annotations

import numpy as np
import peft
import pytest
import torch

from tl_helpers import exercises, models
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results

#: Numbers trained in town-mlm: 2 blocks of 128, feed-forward 512, and a head of 2 x 128 + 2.
COUNTED = {
    "head only": 258,
    "soft prompt": 258 + 5 * 128,
    "biases": 258 + 128 + 2 * (4 * 128 + 512 + 128 + 2 * 128),
    "LoRA (q, v)": 258 + 2 * 2 * 4 * (128 + 128),
    "LoRA": 258 + 2 * (4 * 4 * (128 + 128) + 2 * 4 * (128 + 512)),
    "adapters": 258 + 4 * (8 * 128 + 8 + 128 * 8 + 128 + 2 * 128),
    "everything": 730_882,
}


@pytest.fixture(scope="module")
def cells():
    return Cells("30_heads_adapters_lora")


@pytest.fixture
def network(cells):
    """A function from a method to a small network of random weights."""

    def make(method: str, seed: int = 0):
        encoder, words = models.new("tiny", seed=seed, num_hidden_layers=2)
        torch.manual_seed(seed)
        made = cells.Classifier(encoder.base_model)
        cells.change(made, method)
        return made.eval(), words

    return make


def test_a_layer_by_hand(cells):
    layer = torch.nn.Linear(3, 2, bias=False)
    layer.weight.data = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    mine = cells.LoRA(layer, rank=1, alpha=2)
    x = torch.tensor([[1.0, 2.0, 3.0]])
    assert torch.equal(mine(x), layer(x))  # B begins at zero
    mine.A.data, mine.B.data = torch.tensor([[1.0, 1.0, 1.0]]), torch.tensor([[10.0], [0.0]])
    assert mine(x).tolist() == [[1 + 2 * 10 * 6, 2]]


def test_an_adapter_by_hand(cells):
    layer = torch.nn.Linear(2, 2, bias=False)
    layer.weight.data = torch.eye(2)
    mine = cells.Adapter(layer, width=1)
    x = torch.tensor([[3.0, 4.0]])
    assert mine(x).tolist() == [[3, 4]]
    mine.down.weight.data, mine.down.bias.data = torch.tensor([[1.0, 0.0]]), torch.zeros(1)
    mine.up.weight.data = torch.tensor([[0.0], [2.0]])
    gelu = float(torch.nn.functional.gelu(torch.tensor(3.0)))
    assert mine(x).tolist()[0] == pytest.approx([3, 4 + 2 * gelu], abs=1e-5)


@pytest.mark.parametrize("method", COUNTED)
def test_what_is_trained_is_what_one_counts(cells, method):
    made, _ = cells.fresh("town-mlm", method, seed=0)
    assert cells.trained_numbers(made) == COUNTED[method]


@pytest.mark.parametrize("layers", [("query", "value"), ("query", "key", "value", "dense")])
def test_lora_trains_as_peft_does(cells, network, layers):
    mine, words = network("head only")
    theirs, _ = network("head only")
    cells.lora(mine, layers=layers)
    theirs = peft.get_peft_model(
        theirs,
        peft.LoraConfig(r=4, lora_alpha=8, target_modules=list(layers), modules_to_save=["head"]),
    )
    ours = dict(mine.named_modules())
    for name, part in theirs.get_base_model().named_modules():
        if isinstance(part, peft.tuners.lora.Linear) and name in ours:
            if isinstance(ours[name], cells.LoRA):
                part.lora_A["default"].weight.data.copy_(ours[name].A)
    texts, labels = ["The soup was good.", "The film was bad and long."] * 8, [1, 0] * 8
    for either in (mine, theirs):
        torch.manual_seed(3)
        cells.train(either, words, texts, labels, rate=0.01, steps=6, batch_size=8)
    rows = cells.rows_of(words, texts[:2])
    with torch.no_grad():
        assert torch.allclose(mine(**rows), theirs(**rows), atol=1e-5)


def test_padding_changes_no_answer_with_a_prompt_either(cells, network):
    short, long = "Fine.", "The soup was anything but tasty, and we left early."
    for method in ("head only", "soft prompt"):
        made, words = network(method)
        with torch.no_grad():
            alone = made(**cells.rows_of(words, [short]))
            beside = made(**cells.rows_of(words, [short, long]))[:1]
        assert torch.allclose(alone, beside, atol=1e-5), method


def test_predictions_come_back_in_the_order_of_the_texts(cells, network):
    made, words = network("head only")
    texts = ["The soup was good, and so was the film."[: 4 + 5 * (i % 7)] for i in range(80)]
    one_by_one = [int(cells.predict(made, words, [text])[0]) for text in texts]
    assert cells.predict(made, words, texts).tolist() == one_by_one


def test_both_factors_at_zero_never_move(cells, network):
    made, words = network("LoRA")
    parts = [part for part in made.modules() if isinstance(part, cells.LoRA)]
    assert len(parts) == 12
    for part in parts:
        torch.nn.init.zeros_(part.A)
    cells.train(made, words, ["good", "bad"] * 8, [1, 0] * 8, rate=0.1, steps=4)
    assert all(not part.A.detach().any() and not part.B.detach().any() for part in parts)


def test_judged_by_hand(cells):
    scores, truth = np.array([3.0, 2.0, 1.5, 1.0]), np.array([1, 1, 0, 0])
    said = cells.judged(scores, truth)
    assert said == {"accuracy": 0.5, "at the median": 1.0, "AUC": 1.0}


# --- the stored studies --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["adapters-town", "adapters-films-rates"])
def test_the_best_rate_of_what_is_claimed_lies_inside_its_grid(name):
    runs = results.load(name).table
    means = runs.groupby(["method", "rate"]).validation.mean()
    for method in ("LoRA", "everything"):
        rates = means[method]
        assert rates.index.min() < rates.idxmax() < rates.index.max(), method


def test_the_answer_of_the_exercise_is_what_is_stored():
    town = results.load("adapters-town").table
    common = town[town.rate == 0.001].groupby("method").accuracy.mean()
    exercise = exercises.find("lora-common", "30_heads_adapters_lora")
    assert common.idxmax() == "everything"
    assert exercises.check(exercise.id, "everything", common=common.to_dict())
