"""The state of a training run as one safetensors file: replaced as a whole, or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_helpers.core.errors import BrokenFile, CourseError
from tl_helpers.core.files import atomic_file

if TYPE_CHECKING:
    import numpy as np
    import torch
    from transformers import PreTrainedModel

NAME = "state.safetensors"
FORMAT = "tl-pretrain-1"
BEGAN_AS = "_tl_began_as"  # the mark of a model whose run was interrupted


def fingerprint(tensors: dict[str, torch.Tensor]) -> str:
    """A short hash of names, shapes and values.

    Example:
        >>> import torch
        >>> fingerprint({"a": torch.zeros(2)}) == fingerprint({"a": torch.zeros(3)})
        False
    """
    import torch

    digest = hashlib.sha256()
    for name in sorted(tensors):
        value = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
        digest.update(value.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Parameters and buffers by name, tied ones once.

    Example:
        >>> import torch
        >>> list(weights(torch.nn.Linear(2, 1)))
        ['weight', 'bias']
    """
    return {**dict(model.named_parameters()), **dict(model.named_buffers())}


def identity(
    model: PreTrainedModel, blocks: np.ndarray, settings: dict[str, Any], began_as: str = ""
) -> dict[str, Any]:
    """What must be the same for a run to go on from a stored state: settings, model, text.

    After a stop the same, half-trained object may come back: it counts as what it ``began_as``.

    Example:
        >>> identity(model, blocks, {"steps": 100}, None)["steps"]  # doctest: +SKIP
        100
    """
    start = began_as or fingerprint(weights(model))
    config = json.loads(model.config.to_json_string(use_diff=False))
    config.pop("transformers_version", None)
    shape = {k: v for k, v in config.items() if not k.startswith("_")}
    return {
        **settings,
        "model": hashlib.sha256(json.dumps(shape, sort_keys=True).encode()).hexdigest()[:16],
        "starting weights": start,
        "blocks": f"{list(blocks.shape)} {hashlib.sha256(blocks.tobytes()).hexdigest()[:16]}",
    }


def save(
    folder: Path,
    identity: dict[str, Any],
    progress: dict[str, Any],
    model: torch.nn.Module,
    optimisers: list[torch.optim.Optimizer],
    losses: torch.Tensor,
) -> None:
    """Write weights, optimiser state, losses and progress to ``folder``.

    Args:
        folder: made if it is not there.
        identity: the settings that a later run must share to go on from here.
        progress: step, seconds, evaluations; JSON values.
        model: its parameters and buffers are stored as they are.
        optimisers: their tensors are stored as ``optimiser.<which>.<parameter index>.<key>``.
        losses: the loss of each step so far.

    Raises:
        CourseError: disk full, or no permission; what was stored before is still there.

    Example:
        >>> save(Path("run"), identity, {"step": 200}, model, optimisers, losses)  # doctest: +SKIP
    """
    from safetensors.torch import save_file

    tensors = {f"model.{k}": v.detach().contiguous() for k, v in weights(model).items()}
    for which, optimiser in enumerate(optimisers):
        for index, values in optimiser.state_dict()["state"].items():
            for key, value in values.items():
                tensors[f"optimiser.{which}.{index}.{key}"] = value.contiguous()
    tensors["losses"] = losses
    metadata = {
        "format": FORMAT,
        "identity": json.dumps(identity),
        "progress": json.dumps(progress),
    }
    with atomic_file(folder / NAME) as temporary:
        save_file(tensors, temporary, metadata=metadata)


def load(
    folder: Path,
    identity: dict[str, Any],
    model: torch.nn.Module,
    optimisers: list[torch.optim.Optimizer],
    losses: torch.Tensor,
) -> dict[str, Any] | None:
    """Put a stored state back; returns its progress, or None if nothing is stored.

    Raises:
        BrokenFile: the file is truncated or not one of ours.
        CourseError: it belongs to a run with other settings; says which.

    Example:
        >>> load(Path("run"), identity, model, optimisers, losses)  # doctest: +SKIP
        {'step': 200}
    """
    import torch
    from safetensors import SafetensorError, safe_open

    path = folder / NAME
    if not path.exists():
        return None
    again = f"Delete the folder {folder} to start afresh."
    try:
        with safe_open(path, framework="pt") as stored:
            metadata = stored.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise BrokenFile(f"{path} is not the state of a training run.", again)
            known, progress = json.loads(metadata["identity"]), json.loads(metadata["progress"])
            different = [k for k in identity if known.get(k) != identity[k]]
            if different:
                listing = "; ".join(
                    f"{k} was {_short(known.get(k))}, now {_short(identity[k])}" for k in different
                )
                raise CourseError(
                    f"{folder} holds a training run with other settings: {listing}.",
                    "Give this run another checkpoint folder, or restore the settings. " + again,
                )
            tensors = {k: stored.get_tensor(k) for k in stored.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        if isinstance(error, CourseError):
            raise
        raise BrokenFile(f"{path} is truncated or damaged ({error}).", again) from None
    with torch.no_grad():
        for name, value in weights(model).items():
            value.copy_(tensors[f"model.{name}"])
        losses[: len(tensors["losses"])] = tensors["losses"]
    for which, optimiser in enumerate(optimisers):
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith(f"optimiser.{which}."):
                index, key = name.split(".")[2:]
                state.setdefault(int(index), {})[key] = value
        optimiser.load_state_dict({**optimiser.state_dict(), "state": state})
    return progress


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) < 60 else text[:57] + "..."
