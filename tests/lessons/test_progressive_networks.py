"""Notebook 31: columns and laterals by hand and by the library, and the studies behind it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tl_helpers import models
from tl_helpers.core.cells import Cells
from tl_helpers.measure import claims, results
from tl_lessons.progressive_networks import exercises, studies

NOTEBOOK = "31_progressive_networks"


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    made = Cells(NOTEBOOK)
    made.tokenizer = models.town_tokenizer()
    made.LATERALS = ["into layer 1", "into layer 2", "into the head"]
    return made


@pytest.fixture(scope="module")
def two(cells):
    """Two columns of small vocabularies, the second with laterals from the first, and texts."""
    torch.manual_seed(0)
    columns = [cells.Column(30), cells.Column(30, [cells.WIDTH])]
    ids = torch.randint(1, 30, (6, 7))
    ids[0, 4:] = 0
    return columns, ids


# --- a lateral -----------------------------------------------------------------------------------


def test_a_lateral_by_hand(cells):
    side = cells.Lateral([1, 1], 1)
    with torch.no_grad():
        side.a[:] = torch.tensor([2.0, 0.5])
        side.V.weight.zero_()
        side.V.weight[0] = torch.tensor([1.0, 1.0])
        side.V.weight[1] = torch.tensor([-1.0, -1.0])  # never passes the ReLU here
        side.V.bias.zero_()
        side.U.weight.zero_()
        side.U.weight[0, :2] = torch.tensor([10.0, 100.0])
        brought = side([torch.tensor([[3.0]]), torch.tensor([[4.0]])])
    assert brought.item() == pytest.approx(10 * (2 * 3 + 0.5 * 4))


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_the_module_is_what_the_exercise_asks_for(cells, columns):
    torch.manual_seed(columns)
    side = cells.Lateral([cells.WIDTH] * columns, 5)
    past = [torch.randn(cells.WIDTH) for _ in range(columns)]
    plain = exercises.lateral(
        [states.numpy() for states in past],
        side.a.detach().numpy(),
        side.V.weight.detach().numpy(),
        side.V.bias.detach().numpy(),
        side.U.weight.detach().numpy(),
    )
    assert np.allclose(side(past).detach().numpy(), plain, atol=1e-5)


# --- a column ------------------------------------------------------------------------------------


def test_padding_changes_nothing(two):
    (first, second), ids = two
    longer = torch.nn.functional.pad(ids, (0, 5))
    with torch.no_grad():
        scores = [second(x, [first(x)])[-1] for x in (ids, longer)]
    assert torch.allclose(*scores, atol=1e-6)


def test_a_word_sees_its_neighbours_and_no_others(cells):
    states = torch.arange(1.0, 6.0).reshape(1, 5, 1)
    assert cells.windows(states)[0].tolist() == [
        [0, 1, 2],
        [1, 2, 3],
        [2, 3, 4],
        [3, 4, 5],
        [4, 5, 0],
    ]


def test_a_new_column_leaves_the_old_ones_as_they_are(cells):
    torch.manual_seed(0)
    ids, labels = torch.randint(1, 30, (64, 7)), torch.randint(0, 2, (64,))
    task = cells.Task("any", ids, labels, ids, labels)
    first = cells.grow([], task, 1e-2, steps=3, n_words=30)
    before = {name: weights.clone() for name, weights in first[0].state_dict().items()}
    answers = cells.states_of(first, ids)[0][-1]
    both = cells.grow(first, task, 1e-2, steps=3, n_words=30)
    assert both[0] is first[0] and len(both) == 2
    assert all(torch.equal(w, before[name]) for name, w in first[0].state_dict().items())
    assert torch.equal(cells.states_of(both, ids)[0][-1], answers)
    assert not any(w.requires_grad for column in both for w in column.parameters())


def test_laterals_switched_off_leave_the_column_alone(cells, two):
    columns, ids = two
    labels = torch.randint(0, 2, (len(ids),))
    task = cells.Task("any", ids, labels, ids, labels)
    whole = cells.accuracy(columns, task)
    with torch.no_grad():
        alone = columns[1](ids)[-1]  # no past: the laterals bring nothing
    right = float((alone.argmax(1) == labels).float().mean())
    assert cells.weakened(columns, [0, 1, 2], 0.0, task) == pytest.approx(right)
    assert cells.weakened(columns, [0, 1, 2], 1.0, task) == pytest.approx(whole)
    assert cells.accuracy(columns, task) == whole, "the hooks are gone"


def test_fisher_by_the_library(cells, two):
    columns, ids = two
    handed, _, log_p = cells.answers(columns, ids)
    for layer in (0, 1, 2):
        ours = cells.squared_slopes(log_p, handed[layer])[1]
        states = [h[1:2].detach() for h in handed]

        def log_probabilities(x, layer=layer, states=states):
            past = [*states[:layer], x, *states[layer + 1 :]]
            return columns[1](ids[1:2], [past])[-1].log_softmax(1)[0]

        slopes = torch.func.jacrev(log_probabilities)(states[layer])[:, 0]
        p = log_probabilities(states[layer]).exp().reshape(-1, *[1] * (slopes.dim() - 1))
        assert torch.allclose(ours, (p * slopes**2).sum(0).detach(), atol=1e-7)
    shares = cells.fisher_shares(columns, ids)
    assert len(shares) == 3 and all(0 <= share <= 1 for share in shares)


def test_the_weights_of_v_are_counted_rightly(cells):
    for n in (1, 2, 5):
        counted = sum(
            side.V.weight.numel() for column in cells.untrained(n) for side in column.lateral
        )
        assert counted == exercises.weights_of_V(n, cells.WIDTH)


# --- numbers of a matrix -------------------------------------------------------------------------


def test_transfer_by_hand():
    backward, forward = exercises.transfers([[0.9, 0.2], [0.5, 0.8]], [0.5, 0.5])
    assert (backward, forward) == (pytest.approx(-0.4), pytest.approx(-0.3))


@pytest.mark.parametrize("method", studies.METHODS)
def test_rows_are_a_matrix_and_columns_never_forget(cells, method):
    rows = cells.sequence(method, seed=3, labels=16, scale=0.1)
    cell_of = {(r["after"], r["task"]): r["accuracy"] for r in rows}
    assert len(cell_of) == len(rows) == (9 if method == "one head" else 6)
    if method not in ("one head", "own heads"):
        assert len({cell_of[after, "film"] for after in ("film", "restaurant", "topic")}) == 1


# --- a real encoder as the first column ----------------------------------------------------------


def test_an_encoder_is_a_column_like_any_other(cells):
    encoder, words = models.new("tiny", num_hidden_layers=3)
    first = cells.PretrainedColumn(encoder.base_model)
    ids = torch.randint(5, 40, (8, 9))
    ids[0, 5:] = words.pad_token_id
    labels = torch.tensor([0, 1] * 4)
    task = cells.Task("any", ids, labels, ids, labels)
    columns = cells.grow([first], task, 1e-2, steps=2)
    columns = cells.grow(columns, task, 1e-2, steps=2)
    states = cells.states_of(columns, ids)
    assert [tuple(s.shape) for s in states[0]] == [(8, 9, 32), (8, 9, 32), (8, 32), (8, 32)]
    assert [column.width for column in columns] == [32, cells.WIDTH, cells.WIDTH]
    assert not any(w.requires_grad for w in encoder.base_model.parameters())


# --- what is stored ------------------------------------------------------------------------------


def test_the_rates_are_the_best_and_inside_the_grid(cells):
    tried = results.load("progressive-rates").table.groupby(["method", "rate"]).new.mean()
    for method, rate in cells.RATES.items():
        assert tried[method].idxmax() == rate
        assert min(tried[method].index) < rate < max(tried[method].index)


def test_the_comparison_is_made_on_other_seeds_than_the_tuning():
    assert min(results.load("progressive-rates").meta["seeds"]) >= 50


def test_what_the_notebook_says_is_promised():
    promised = [p for p in claims.registry().values() if p.notebook == NOTEBOOK]
    assert {p.id for p in promised} >= {"prog-forgets", "prog-control", "prog-unlike"}
