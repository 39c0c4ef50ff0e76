"""Muon in 32 bits against PyTorch's, and where it is used."""

import pytest
import torch

from tl_helpers import models
from tl_helpers.train import precision
from tl_helpers.train.muon import Muon

SETTINGS = [
    {"adjust_lr_fn": "match_rms_adamw", "weight_decay": 0.01},
    {"adjust_lr_fn": "original", "weight_decay": 0.1},
    {"nesterov": False, "momentum": 0.8, "ns_steps": 3},
]


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("shape", [(24, 96), (96, 24), (32, 32)])
def test_it_goes_where_torch_goes(shape, settings):
    torch.manual_seed(0)
    start = torch.randn(shape)
    ours, theirs = (torch.nn.Parameter(start.clone()) for _ in range(2))
    optimisers = [
        Muon([ours], lr=0.01, **settings),
        torch.optim.Muon([theirs], lr=0.01, **settings),
    ]
    for _ in range(6):
        gradient = torch.randn(shape)
        for weight, optimiser in zip((ours, theirs), optimisers, strict=True):
            weight.grad = gradient.clone()
            optimiser.step()
    way = (theirs.detach() - start).norm()
    # bfloat16 keeps eight bits: each Newton-Schulz step is rounded to some .4 %
    assert float((ours - theirs).detach().norm() / way) < 0.02
    momenta = [next(iter(o.state.values()))["momentum_buffer"] for o in optimisers]
    assert torch.equal(*momenta)


def test_its_updates_have_singular_values_near_one():
    torch.manual_seed(1)
    weight = torch.nn.Parameter(torch.zeros(16, 64))
    weight.grad = torch.randn(16, 64)
    Muon([weight], lr=1.0, weight_decay=0.0, adjust_lr_fn="original").step()
    values = torch.linalg.svdvals(weight.detach())
    assert 0.5 < float(values.min()) and float(values.max()) < 1.5


def test_a_run_goes_on_with_the_other_of_the_two():
    weight = torch.nn.Parameter(torch.eye(4))
    weight.grad = torch.eye(4)
    first, second = torch.optim.Muon([weight], lr=0.1), Muon([weight], lr=0.1)
    first.step()
    second.load_state_dict(first.state_dict())
    kept = [o.state[weight]["momentum_buffer"].clone() for o in (first, second)]
    assert torch.equal(*kept)


def test_what_has_no_gradient_stays_and_the_loss_is_computed_again():
    moved, kept = torch.nn.Parameter(torch.eye(3)), torch.nn.Parameter(torch.eye(3))
    optimiser = Muon([moved, kept], lr=0.1)

    def loss():
        optimiser.zero_grad()
        value = moved.sum()
        value.backward()
        return value

    assert optimiser.step(loss).item() == 3
    assert not torch.equal(moved.detach(), torch.eye(3))
    assert torch.equal(kept.detach(), torch.eye(3))


@pytest.mark.parametrize("native", [True, False])
def test_it_is_used_where_bfloat16_is_emulated(monkeypatch, native):
    monkeypatch.setattr(precision, "supports_bf16", lambda: native)
    muon = precision.optimisers_of(models.new("tiny")[0], "muon", 1e-3, (0.9, 0.98), 0.0)[1]
    assert isinstance(muon, torch.optim.Muon)
    assert isinstance(muon, Muon) is not native
