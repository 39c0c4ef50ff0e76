"""Muon for processors that do not multiply bfloat16."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch


class Muon(torch.optim.Muon):
    """``torch.optim.Muon`` (Jordan et al., 2024), computed in 32 bits.

    PyTorch's multiplies in bfloat16 on every processor; one that has no instruction for that takes
    about ten times as long over it as in 32 bits, which is then most of a training step. Settings
    and state are the same, and updates differ only by how bfloat16 rounds.

    Example:
        >>> weight = torch.nn.Parameter(torch.eye(2))
        >>> weight.grad = torch.eye(2)
        >>> Muon([weight], lr=0.1, weight_decay=0.0).step()
        >>> [round(x, 2) for x in weight.diag().tolist()]
        [0.89, 0.89]
    """

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """One update of every matrix that has a gradient; ``closure`` computes the loss again."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            weights: list[torch.Tensor] = []
            gradients: list[torch.Tensor] = []
            momenta: list[torch.Tensor] = []
            self._init_group(group, weights, gradients, momenta)
            for weight, gradient, momentum in zip(weights, gradients, momenta, strict=True):
                momentum.lerp_(gradient, 1 - group["momentum"])
                update = momentum
                if group["nesterov"]:
                    update = gradient.lerp(momentum, group["momentum"])
                update = _orthogonal(update, group)
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(update, alpha=-group["lr"] * _scale(group, *weight.shape))
        return loss


def _orthogonal(matrix: torch.Tensor, group: dict[str, Any]) -> torch.Tensor:
    """The matrix with all singular values near 1, by Newton-Schulz steps."""
    a, b, c = group["ns_coefficients"]
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / x.norm().clamp(min=group["eps"])
    for _ in range(group["ns_steps"]):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.T if tall else x


def _scale(group: dict[str, Any], rows: int, columns: int) -> float:
    if group["adjust_lr_fn"] == "match_rms_adamw":  # Liu et al. (2025)
        return 0.2 * max(rows, columns) ** 0.5
    return max(1.0, rows / columns) ** 0.5
