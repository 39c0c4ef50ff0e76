"""Notebook 13: its cells by hand, what a run begins with, and the code of its stored studies."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from tl_helpers import models
from tl_helpers.core.cells import Cells
from tl_helpers.measure import results
from tl_helpers.questions.polarity import evaluative_words
from tl_lessons.discovery import studies
from tl_lessons.discovery.exercises import what_brought_the_jump, what_came_when, without


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("13_discovery")


def test_shares_of_runs_that_jumped_have_cautious_intervals():
    cells = Cells("13_discovery")
    cells.waits = pd.DataFrame({"all": [50.0, 100, 150, 200, 200], "none": [np.nan] * 5})
    one, low, high = cells.share("all", 200)
    assert (one, high) == (1, 1) and low == pytest.approx(0.025**0.2)  # Clopper and Pearson
    assert cells.share("none", 200)[0] == 0 and cells.share("all", 100)[0] == 0.4
    effect = cells.more_often("all", "none", 200)
    assert effect.mean == 100 and effect.high == pytest.approx(100)
    assert effect.low == pytest.approx(100 * (1 - 2**0.5 * (1 - low)))
    nothing = cells.more_often("none", "none", 200)
    assert nothing.mean == 0 and nothing.low == pytest.approx(-nothing.high)
    assert cells.more_often("none", "all", 200).low == pytest.approx(-effect.high)


def test_taking_a_direction_away_makes_the_means_equal(cells):
    rng = np.random.default_rng(3)
    labels = rng.random(400) < 0.5
    vectors = (rng.normal(size=(400, 8)) + 3 * labels[:, None]).astype(np.float32)
    direction = cells.between(vectors, labels)
    assert np.linalg.norm(direction) == pytest.approx(1, abs=1e-5)
    left = without(vectors, direction, vectors.mean(0))
    assert np.allclose(left[labels].mean(0), left[~labels].mean(0), atol=1e-4)
    assert left.var() < vectors.var()
    nothing = np.zeros(8, np.float32)
    assert np.array_equal(without(vectors, nothing, vectors.mean(0)), vectors)


def test_early_or_late_is_found_on_either_side_alone(cells):
    """Late gaps that happen to be praise more often do not turn the direction to the side."""
    rng = np.random.default_rng(5)
    side = rng.random(2000) < 0.5
    late = rng.random(2000) < np.where(side, 0.8, 0.2)
    vectors = rng.normal(size=(2000, 4)) * 0.1
    vectors[:, 0] += 5 * side
    vectors[:, 1] += late
    found = cells.directions_in(vectors.astype(np.float32), side, late, 0)
    assert abs(found["early or late"][0]) < 0.05 < 0.9 < found["early or late"][1]
    assert found["polarity"][0] > 0.9
    assert not found["nothing"].any()


def test_the_main_directions_are_those_of_the_most_variance(cells):
    rng = np.random.default_rng(8)
    vectors = (rng.normal(size=(3000, 4)) * [5, 3, 1, 0.1]).astype(np.float32)
    labels = rng.random(3000) < 0.5
    found = cells.directions_in(vectors, labels, rng.random(3000) < 0.5, 0)
    assert abs(found["2nd main direction"][1]) > 0.95 < abs(found["3rd main direction"][2])


def test_what_never_came_is_not_given_a_step():
    kinds = ("part of speech", "relation", "sense", "sentiment")
    some = {name: [100, 200] for name in kinds}
    assert "helps: at step 300 in 1 of 2 runs" in what_came_when({**some, "own guess": [300, None]})
    assert "helps: in no run." in what_came_when({**some, "own guess": [None, None]})
    assert "helps: at step 350." in what_came_when({**some, "own guess": [300, 400]})


def test_head_starts_replace_what_they_say(cells):
    given = models.load("town-mlm", task="masked-lm").model.state_dict()
    table = "bert.embeddings.word_embeddings.weight"
    layer = "bert.encoder.layer.1.output.dense.weight"
    made = {start: cells.begin(7, start)[0].state_dict() for start in studies.STARTS}
    random = models.new("small", seed=1007)[0].state_dict()
    for start, state in made.items():
        assert torch.equal(state[table], given[table]) == (start == "word vectors")
        assert torch.equal(state[layer], given[layer]) == (start == "layers")
        assert torch.equal(state[table], random[table]) == (start == "layers")
        assert torch.equal(state["cls.predictions.decoder.weight"], state[table])  # tied
    plain = models.new("small", seed=7)[0].state_dict()
    assert torch.equal(made["random weights"][layer], plain[layer])


def test_the_layers_are_given_to_weights_that_they_do_not_know(cells):
    """``town-mlm`` grew from the weights of seed 0."""
    table = "bert.embeddings.word_embeddings.weight"
    old = models.new("small", seed=0)[0].state_dict()[table]
    assert not torch.equal(cells.begin(0, "layers")[0].state_dict()[table], old)


@pytest.mark.parametrize(("window", "low", "high"), [(20, 0.7, 1.0), (1, 0.3, 0.62)])
def test_only_a_wide_window_tells_the_sides(cells, window, low, high):
    words, vectors = cells.counted(3, 32, documents=1500, window=window)
    assert vectors.shape == (len(words), 32)
    side = {w: s for s, some in evaluative_words().items() for w in some}
    rows = [i for i, word in enumerate(words) if word in side]
    near = vectors[rows] @ vectors[rows].T - 2 * np.eye(len(rows))
    same = [side[words[rows[i]]] == side[words[rows[j]]] for i, j in enumerate(near.argmax(1))]
    assert low < np.mean(same) < high


def test_a_short_reading_is_examined_on_the_way():
    tokenizer = models.town_tokenizer()
    ask = studies.Examination(0, 40, 60, 1, tokenizer)
    rows = studies.read(
        0, "random weights", 2, 1, ask, total=4, batch_size=4, block=64, documents=60
    )
    assert [row["step"] for row in rows] == [0, 1, 2]
    assert rows[0]["loss"] > 5 and 0.2 < rows[0]["guess"] < 0.8
    for name in (
        "part of speech",
        "part of speech, new words",
        "entity",
        "relation",
        "sentiment",
        "sense",
    ):
        assert all(0 <= row[name] <= 1 for row in rows)
    again = studies.read(
        0, "random weights", 1, 1, None, total=4, batch_size=4, block=64, documents=60
    )
    assert again[1]["loss"] == pytest.approx(rows[1]["loss"], abs=1e-4)
    assert "sense" not in again[1]


def test_the_stored_runs_are_those_of_the_town_in_a_minute():
    """Same seeds, weights, text and masks: only probes were added."""
    discovery, minute = results.load("discovery"), results.load("town-one-minute")
    for row in discovery.rows:
        if row["step"] <= 100:
            (guess,) = minute.values("value", seed=row["seed"], measure="probe", step=row["step"])
            assert row["guess"] == pytest.approx(guess, abs=0.1), row


def test_stored_head_starts_have_every_kind():
    causes = results.load("discovery-causes")
    assert {row["start"] for row in causes.rows} == set(studies.STARTS) - {"random weights"}
    assert causes.meta["seeds"] == results.load("discovery").meta["seeds"]
    last = causes.table.groupby(["start", "seed"]).last()
    assert ((last["guess"] >= 0.75) | (last["step"] == causes.meta["configuration"]["steps"])).all()


def test_the_answer_to_the_prediction_is_in_the_stored_runs(cells):
    """The sentiment comes at steps that are far apart; the other three early in every run."""
    runs = results.load("discovery").table
    came = {
        name: [cells.half_way(rows.set_index("step")[name]) for _, rows in runs.groupby("seed")]
        for name in ("part of speech, new words", "relation", "sense", "sentiment")
    }
    steps = [at for at in came.pop("sentiment") if at]
    assert max(steps) - min(steps) > 100
    assert all(at and at <= 400 for values in came.values() for at in values)


def test_the_head_starts_that_help_are_those_of_the_exercise():
    """Within 200 steps, in most runs: the vectors that know polarity, and nothing else."""
    causes = results.load("discovery-causes").table
    jumped = causes[(causes["guess"] >= 0.75) & (causes["step"] <= 200)]
    often = jumped.groupby("start")["seed"].nunique()
    assert {start for start, n in often.items() if n >= 3} == {
        "word vectors",
        "counted, window 20",
    }
    nan = float("nan")
    waits = pd.DataFrame({"random weights": [50.0, 50], "layers": [nan, 300], "counted": [50, 200]})
    said = what_brought_the_jump(waits, (..., {"step": 50, "value": 0.8}))
    assert "within 200 steps: layers 0, counted 2." in said and "only said so" in said


def test_the_run_of_a_learner_stands_beside_the_stored_ones():
    nan = float("nan")
    waits = pd.DataFrame({"random weights": [nan, 500], "layers": [nan, nan], "counted": [50, 150]})
    fast = what_brought_the_jump(waits, ("counted", {"step": 100, "value": 0.81}))
    assert "given counted, had jumped by step 100 (81% right); of the stored ones 1 of 2" in fast
    slow = what_brought_the_jump(waits, ("layers", {"step": 300, "value": 0.5}))
    assert "given layers, had not jumped by step 300 (50% right); of the stored ones 0 of 2" in slow
    assert "only said so" not in fast + slow


def test_a_probe_finds_nothing_once_its_direction_is_gone():
    cells = Cells("13_discovery")
    cells.probing = Cells("12_contextual_representations")
    rng = np.random.default_rng(2)
    labels = rng.random(400) < 0.5
    vectors = (rng.normal(size=(400, 8)) + 2 * labels[:, None]).astype(np.float32)
    first, rest = vectors[:200], vectors[200:]
    assert cells.probe_right(first, rest, labels) > 0.9
    direction = cells.between(first, labels[:200])
    flat = [without(part, direction, first.mean(0)) for part in (first, rest)]
    assert 0.35 < cells.probe_right(*flat, labels) < 0.65
