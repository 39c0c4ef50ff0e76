"""The first line of a notebook."""

import json
import random

import pytest

from tl_helpers import session
from tl_helpers.core import seeds
from tl_helpers.core.errors import BadValue, NoNetwork, UnknownName
from tl_helpers.data import hub


def test_start_prints_one_line_and_sets_the_seeds(capsys):
    import numpy as np
    import torch

    drawn = []
    for _ in range(2):
        here = session.start("00_start_here", "quick", 3, LABELS=16)
        drawn.append((random.random(), np.random.rand(), torch.rand(1).item()))
    assert drawn[0] == drawn[1]
    out = capsys.readouterr().out
    assert out.count("\n") == 2
    for part in ("00_start_here", "profile quick", "seed 3", "LABELS = 16", "torch", "1 thread"):
        assert part in out
    assert here.knobs == {"LABELS": 16}
    assert torch.get_num_threads() == 1


def test_expected_time_is_the_measured_one(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("TL_ROOT", str(tmp_path))
    (tmp_path / "notebooks").mkdir()
    stored = {"metadata": {"tl": {"run_seconds": 41.6}}}
    (tmp_path / "notebooks" / "x.ipynb").write_text(json.dumps(stored), "utf-8")
    session.start("x")
    assert "about 42 s" in capsys.readouterr().out
    session.start("another")
    assert "under a minute" in capsys.readouterr().out


def test_unknown_profile_names_the_close_one():
    with pytest.raises(UnknownName, match="Did you mean 'course'.*course, hub, quick"):
        session.start("x", "coarse")


@pytest.mark.parametrize("seed", [-1, 2**32, "0", 1.5, True, None])
def test_bad_seed(seed):
    with pytest.raises(BadValue, match="not a seed"):
        session.start("x", "quick", seed)


def test_hub_without_network_names_the_offline_way(monkeypatch):
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(hub, "offline_by_choice", lambda: False)
    monkeypatch.setattr(hub, "reachable", lambda: False)
    with pytest.raises(NoNetwork, match="'course', which needs no network"):
        session.start("x", "hub")


def test_hub_with_network_or_by_choice_from_its_cache(monkeypatch):
    monkeypatch.setattr(hub, "reachable", lambda: False)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert session.start("x", "hub").profile == "hub"
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setattr(hub, "reachable", lambda: True)
    assert session.start("x", "hub").profile == "hub"


def test_seeds(monkeypatch):
    here = session.Session("x", "course", 7, "cpu", 1)
    assert here.seeds(3) == [7, 8, 9]
    assert len(here.seeds()) == 5
    monkeypatch.setenv("TL_SEEDS", "100:105")
    assert here.seeds(3) == [100, 101, 102, 103, 104]
    monkeypatch.setenv("TL_SEEDS", "a:b")
    with pytest.raises(BadValue, match="100:105"):
        here.seeds()


@pytest.mark.parametrize("text", ["", ":", "5:5", "9:2", "1:2:3", "x", "-3", "-2:2", "1,,2"])
def test_seeds_that_cannot_be_read(text):
    with pytest.raises(BadValue, match="cannot be read"):
        seeds.parse_seeds(text)


@pytest.mark.parametrize("text", ["3,3,3", "1,4,7,4", "0, 00"])
def test_a_seed_twice_is_one_experiment_counted_twice(text):
    with pytest.raises(BadValue, match="more than once"):
        seeds.parse_seeds(text)


def test_seed_lists():
    assert seeds.parse_seeds("3") == [3]
    assert seeds.parse_seeds("1, 4,7") == [1, 4, 7]
    assert seeds.parse_seeds("0:2") == [0, 1]


def test_pick():
    for profile, expected in (("quick", 1), ("course", 2), ("hub", 2)):
        assert session.Session("x", profile, 0, "cpu", 1).pick(quick=1, course=2) == expected
    assert session.Session("x", "hub", 0, "cpu", 1).pick(quick=1, course=2, hub=None) is None


def test_threads_that_are_no_number(monkeypatch):
    monkeypatch.setenv("TL_THREADS", "many")
    with pytest.raises(BadValue, match="TL_THREADS='many'"):
        session.start("x", "quick")
