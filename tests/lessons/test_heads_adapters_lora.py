"""Notebook 30: its cells by hand and against ``peft``, and the studies behind it."""

from __future__ import annotations

import numpy as np
import peft
import pytest
import torch

from tl_helpers import exercises, models
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import UnknownName
from tl_helpers.measure import results
from tl_helpers.train import lora

#: Numbers trained in town-mlm: 2 blocks of 128, feed-forward 512, and a head of 2 x 128 + 2.
COUNTED = {
    "head only": 258,
    "soft prompt": 258 + 5 * 128,
    "LoRA (q, v), rank 1": 258 + 2 * 2 * (128 + 128),
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
        cells.train(either, words, texts, labels, rate=0.01, head_rate=0.03, steps=6, batch_size=8)
    rows = cells.rows_of(words, texts[:2])
    with torch.no_grad():
        assert torch.allclose(mine(**rows), theirs(**rows), atol=1e-5)


def test_an_adapter_is_its_formula(cells):
    made = cells.Adapter(torch.nn.Linear(5, 4), width=3)
    torch.nn.init.normal_(made.up.weight)
    torch.nn.init.normal_(made.up.bias)
    x = torch.randn(7, 5)
    by_torch, by_numpy = made(x).numpy(force=True), cells.by_formula(made, x.numpy())
    assert np.allclose(by_torch, by_numpy, atol=1e-5)
    assert not np.allclose(by_numpy, made.layer(x).numpy(force=True), atol=0.1)


@pytest.mark.parametrize("unknown", ["q_proj", "querry"])
def test_a_layer_that_is_not_there_is_named(cells, network, unknown):
    made, _ = network("head only")
    with pytest.raises(UnknownName, match=f"linear layer '{unknown}'"):
        cells.lora(made, layers=("query", unknown))


@pytest.mark.parametrize("method", ["head only", "LoRA", "everything"])
def test_the_head_has_a_rate_of_its_own(cells, network, method):
    made, _ = network(method)
    body, head = cells.two_groups(made, rate=0.1, head_rate=0.2)
    assert (body["lr"], head["lr"]) == (0.1, 0.2)
    assert {id(p) for p in head["params"]} == {id(p) for p in made.head.parameters()}
    free = sum(p.requires_grad for p in made.encoder.parameters())
    assert len(body["params"]) == free


def test_a_head_that_peft_wraps_is_still_the_head(cells, network):
    made, _ = network("head only")
    adapted = lora.add(made, ["query"], rank=2, whole=["head"])
    body, head = cells.two_groups(adapted, rate=0.1, head_rate=0.2)
    assert len(head["params"]) == 2 and len(body["params"]) == 2 * 2  # A and B of two blocks


def test_each_group_moves_at_its_own_rate(cells, network):
    for rates, moving in (((0.0, 0.1), "head"), ((0.1, 0.0), "encoder")):
        made, words = network("everything")
        before = {name: p.detach().clone() for name, p in made.named_parameters()}
        cells.train(made, words, ["good", "bad"] * 4, [1, 0] * 4, *rates, steps=2, batch_size=4)
        moved = {n.split(".")[0] for n, p in made.named_parameters() if (p != before[n]).any()}
        assert moved == {moving}


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
    cells.train(made, words, ["good", "bad"] * 8, [1, 0] * 8, rate=0.1, head_rate=0.1, steps=4)
    assert all(not part.A.detach().any() and not part.B.detach().any() for part in parts)


def test_judged_by_hand(cells):
    scores, truth = np.array([3.0, 2.0, 1.5, 1.0]), np.array([1, 1, 0, 0])
    said = cells.judged(scores, truth)
    assert said == {"accuracy": 0.5, "at the median": 1.0, "AUC": 1.0}


# --- the stored studies --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["adapters-town", "adapters-films-rates"])
def test_of_every_method_the_best_rate_lies_inside_its_grid(name):
    runs = results.load(name).table
    kinds = [column for column in ("method", "head") if column in runs]
    held_out = "validation" if "validation" in runs else "accuracy"
    means = runs.groupby([*kinds, "rate"])[held_out].mean()
    for kind in means.index.droplevel("rate").unique():
        rates = means[kind]
        assert rates.index.min() < rates.idxmax() < rates.index.max(), kind
        steps = rates.index[1:] / rates.index[:-1]
        assert (steps < 3.5).all(), kind


def test_all_methods_of_the_table_are_measured(cells):
    town = results.load("adapters-town").table
    assert {*town.method} == {*COUNTED}
    for method, rows in town.groupby("method"):
        assert {*rows.trained} == {COUNTED[method]}
    films = results.load("adapters-films").table
    assert {*films.method} == {"head only", "biases", "LoRA", "adapters", "everything"}
    assert films.seed.nunique() >= 10


def test_a_prefix_stands_in_front_and_moves_no_word(cells):
    made, vectors = torch.randn(3, 7, 4), torch.randn(2, 4)
    changed = cells.put_in_front(None, None, made, vectors)
    assert torch.equal(changed[:, :2], vectors.expand(3, -1, -1))
    assert torch.equal(changed[:, 2:], made[:, 2:])


def test_the_rate_of_the_prefix_lies_inside_its_grid():
    runs = results.load("adapters-prefix").table
    means = runs.groupby("rate").validation.mean()
    assert means.index.min() < means.idxmax() < means.index.max()
    assert {*runs.trained} == {2 * 2 * 5 * 128 + 2 * 128 + 2}  # keys and values, and the head


def test_films_are_asked_at_the_rates_that_were_chosen():
    means = results.load("adapters-films-rates").table.groupby(["method", "rate"]).accuracy.mean()
    films = results.load("adapters-films").table
    chosen = {method: means[method].idxmax() for method in films.method.unique()}
    for method, rows in films.groupby("method"):
        also = [chosen["everything"]] if method == "LoRA" else []
        assert {*rows.rate} == {chosen[method], *also}


# --- the exercises in words ----------------------------------------------------------------------


@pytest.mark.parametrize("ahead", ["head only", "LoRA", "adapters", "everything"])
def test_whoever_is_ahead_at_the_common_rate_is_right(ahead):
    common = dict.fromkeys(("head only", "LoRA", "adapters", "everything"), 0.7) | {ahead: 0.9}
    common |= {"biases": 0.95}  # which is no option
    for said in common.keys() - {"biases"}:
        judged = exercises.check("lora-common", said, common=common)
        assert bool(judged) == (said == ahead), said
        assert "0.90" in judged.message or said != ahead


@pytest.mark.parametrize(
    ("at_zero", "right"),
    [(0.75, "head only"), (0.77, "head only"), (0.94, "same"), (0.85, "slower"), (0.5, "error")],
)
def test_what_was_measured_from_zero_decides(at_zero, right):
    measured = {"at_zero": at_zero, "head_alone": 0.75, "with_lora": 0.95}
    for said in ("same", "slower", "head only", "error"):
        assert bool(exercises.check("lora-zero", said, **measured)) == (said == right), said
    assert exercises.check("lora-zero", "error", **measured | {"at_zero": float("nan")})
    unmeasured = exercises.check("lora-zero", "head only", **measured | {"at_zero": ...})
    assert unmeasured and "So far you have only said so" in unmeasured.message
