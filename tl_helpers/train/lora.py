"""Low-rank adaptation of a model by ``peft``: add it, save it, load it again, merge it.

A frozen matrix ``W`` gets a trained product of two thin ones beside it, ``W + alpha / rank * B A``
(Hu et al., 2022). The work is done by ``peft``; what it would pass over in silence is refused here:
names that some or all modules do not have, a rank that is larger than the matrix, an adapter that
belongs to another model.

Example:
    >>> adapted = add(model, ["query", "value"], rank=4, whole=["head"])  # doctest: +SKIP
    >>> save(adapted, "adapters/sentiment")  # doctest: +SKIP
"""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_helpers.core import checks, files
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, UnknownName
from tl_helpers.train import resume

if TYPE_CHECKING:
    import torch
    from peft import PeftModel

BODY = "body.json"  # beside the files of peft: which model the adapter belongs to


def add(
    model: torch.nn.Module,
    modules: Iterable[str],
    *,
    rank: int = 8,
    alpha: float | None = None,
    whole: Iterable[str] = (),
    seed: int = 0,
) -> PeftModel:
    """Freeze ``model`` and put a trained low-rank product beside some of its linear layers.

    At first the product is zero, so that the model answers as before. The model that is passed in
    becomes the body of the one that is returned.

    Args:
        model: any network; its linear layers are ``torch.nn.Linear``, or GPT-2's ``Conv1D``.
        modules: which linear layers: their own names, such as ``"query"`` (then those of all
            blocks), or with the names above them, such as ``"layer.1.attention.self.query"``.
        rank: inner size of the product.
        alpha: the product counts ``alpha / rank`` times; twice the rank unless given.
        whole: modules that are trained as they are, and stored with the adapter, such as a new
            head.
        seed: of the first weights.

    Returns:
        A ``peft.PeftModel``: train it like any network, hand it to :func:`save` or :func:`merge`.

    Raises:
        UnknownName: the model has no such module; names those that it has.
        BadValue: a module that is no linear layer, a rank larger than a matrix, or a model that
            has an adapter already.
        CourseError: ``peft`` is not installed.

    Example:
        >>> from tl_helpers import models
        >>> adapted = add(models.new("tiny")[0], ["query", "value"], rank=2)
        >>> sum(p.numel() for p in adapted.parameters() if p.requires_grad)
        256
    """
    import torch

    peft = _peft()
    if isinstance(model, peft.PeftModel):
        raise BadValue(
            "This model has an adapter already.", "Merge it first, or load the model again."
        )
    rank, seed = checks.whole(rank, "rank"), checks.seed(seed)
    alpha = 2.0 * rank if alpha is None else checks.positive(alpha, "alpha")
    layers = dict(_linear_layers(model))
    wanted = checks.texts(modules, "modules")
    chosen = {full: layers[full] for name in wanted for full in _of_name(model, layers, name)}
    for full, layer in chosen.items():
        if rank > min(layer.weight.shape):
            rows, columns = layer.weight.shape
            raise BadValue(
                f"rank={rank} is larger than the matrix of {full} ({rows} x {columns}).",
                f"Use at most {min(layer.weight.shape)}; a rank far below it is the point.",
            )
    heads = checks.texts(whole, "whole", empty=True)
    for head in heads:
        _some(head, [name for name, _ in model.named_modules()])
    config = peft.LoraConfig(
        r=rank,
        lora_alpha=alpha,
        target_modules=list(chosen),
        modules_to_save=heads or None,
        fan_in_fan_out=not any(isinstance(x, torch.nn.Linear) for x in chosen.values()),
    )
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of peft, about layers that it sets right itself
        torch.manual_seed(seed)
        return peft.get_peft_model(model, config)


def save(model: PeftModel, folder: str | os.PathLike[str]) -> Path:
    """Store the adapter alone, as safetensors that ``peft`` can read; the folder appears complete.

    Args:
        model: from :func:`add` or :func:`load`.
        folder: where to; an earlier adapter there is replaced.

    Raises:
        BadValue: a model without an adapter, or a folder that holds something else.
        CourseError: disk full, or no permission.

    Example:
        >>> save(adapted, "adapters/sentiment")  # doctest: +SKIP
        PosixPath('adapters/sentiment')
    """
    adapted = _adapted(model)
    place = files.place(folder, "folder")
    if place.exists() and not (place / "adapter_config.json").is_file():
        raise BadValue(f"{place} is there, and holds no adapter.", "Give another folder.")
    name = adapted.active_adapter
    body = _body(adapted.get_base_model(), adapted.peft_config[name].modules_to_save)
    with files.atomic_folder(place) as temporary, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        adapted.save_pretrained(
            str(temporary), selected_adapters=[name], save_embedding_layers=False
        )
        if name != "default":  # peft puts the others one folder deeper
            inside = temporary / name
            for file in inside.iterdir():
                file.rename(temporary / file.name)
            inside.rmdir()
        (temporary / BODY).write_text(json.dumps(body, indent=1) + "\n", "utf-8")
    return place


def load(
    model: torch.nn.Module, folder: str | os.PathLike[str], *, name: str = "default"
) -> PeftModel:
    """Put a stored adapter on its model, or one more beside those that it has, and switch to it.

    Args:
        model: the body that the adapter was trained on; or what :func:`load` made of it, to put a
            further adapter on the same body. ``model.set_adapter(name)`` then switches.
        folder: what :func:`save` wrote.
        name: of the adapter.

    Raises:
        BadValue: the adapter was trained on another model, or the name is taken.
        BrokenFile: there is no whole adapter in the folder.
        CourseError: ``peft`` is not installed.

    Example:
        >>> both = load(load(model, "a", name="a"), "b", name="b")  # doctest: +SKIP
        >>> both.set_adapter("a")  # doctest: +SKIP
    """
    peft = _peft()
    place, name = files.place(folder, "folder"), checks.texts([name], "name")[0]
    given: Any = model
    several = isinstance(given, peft.PeftModel)
    if several and name in given.peft_config:
        raise BadValue(f"There is an adapter {name!r} already.", "Say name=..., another one.")
    _fits(given.get_base_model() if several else given, place)
    from safetensors import SafetensorError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if several:
                given.load_adapter(str(place), adapter_name=name)
            else:
                given = peft.PeftModel.from_pretrained(given, str(place), adapter_name=name)
    except (SafetensorError, OSError, ValueError, RuntimeError, KeyError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        raise BrokenFile(
            f"The adapter in {place} cannot be read: {lines[0]:.200}", "Store it again: lora.save."
        ) from None
    given.set_adapter(name)
    return given.eval()


def _fits(body: Any, place: Path) -> None:
    """Whether the adapter in a folder was trained on this very model.

    Raises:
        BadValue: on another one.
        BrokenFile: the folder does not say.
    """
    try:
        made_for = json.loads((place / BODY).read_text("utf-8"))
        here = _body(body, made_for["whole"])
        other_shapes = here["shapes"] != made_for["shapes"]
        other_weights = here["weights"] != made_for["weights"]
        its = f"a {made_for['kind']} of {made_for['parameters']:,} parameters"
    except FileNotFoundError:
        raise BrokenFile(f"{place} holds no adapter of ours.", "Store one: lora.save.") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenFile(f"{place / BODY} is damaged ({error}).", "Store it again.") from None
    if other_shapes:
        raise BadValue(
            f"The adapter in {place} belongs to another network: to {its}, not to this "
            f"{here['kind']} of {here['parameters']:,}.",
            "Load the model that it was trained on.",
        )
    if other_weights:
        raise BadValue(
            f"The adapter in {place} was trained on the same architecture with other weights.",
            "Load the very model that it was trained on: a change of weights means nothing "
            "without the weights that it changes.",
        )


def merge(model: PeftModel) -> Any:
    """Add the products to the matrices, and give the network back without an adapter.

    It has as many weights as before adaptation, answers as the adapted one (up to rounding), and is
    no slower. The model that is passed in is used up.

    Raises:
        BadValue: a model without an adapter.

    Example:
        >>> type(merge(adapted)).__name__  # doctest: +SKIP
        'BertModel'
    """
    return _adapted(model).merge_and_unload()


def _peft() -> Any:
    try:
        import peft
    except ImportError:
        raise CourseError("LoRA needs the package peft.", "pip install peft") from None
    return peft


def _adapted(model: Any) -> Any:
    """``model``, if it has an adapter."""
    if not isinstance(model, _peft().PeftModel):
        raise BadValue(f"A {type(model).__name__} has no adapter.", "Add one first: lora.add.")
    return model


def _linear_layers(model: Any) -> Iterable[tuple[str, Any]]:
    import torch
    from transformers.pytorch_utils import Conv1D

    if not isinstance(model, torch.nn.Module):
        raise BadValue(f"A {type(model).__name__} is no network.", "Load one: models.load(name).")
    return (
        (name, layer)
        for name, layer in model.named_modules()
        if isinstance(layer, (torch.nn.Linear, Conv1D))
    )


def _of_name(model: torch.nn.Module, layers: dict[str, Any], name: str) -> list[str]:
    """The linear layers that ``name`` means, as ``peft`` understands it."""
    found = _ending(name, layers)
    if not found:
        every = [full for full, _ in model.named_modules()]
        if _ending(name, every):
            raise BadValue(
                f"modules: {name!r} is no linear layer.", f"There are: {_listed(layers)}."
            )
        raise UnknownName("linear layer", name, _short(layers))
    return found


def _some(name: str, every: list[str]) -> None:
    if not _ending(name, every):
        raise UnknownName("module", name, _short(every))


def _ending(name: str, every: Iterable[str]) -> list[str]:
    return [full for full in every if full == name or full.endswith(f".{name}")]


def _short(every: Iterable[str]) -> list[str]:
    """The last parts of names, each once, without the numbers of blocks."""
    last = dict.fromkeys(full.rpartition(".")[2] for full in every)
    return sorted(name for name in last if name and not name.isdigit())


def _listed(every: Iterable[str]) -> str:
    return ", ".join(_short(every))


def _body(model: torch.nn.Module, whole: Iterable[str] | None) -> dict[str, Any]:
    """What tells a body from others: names, shapes, and a checksum of every weight.

    Rounded to 16 bits, so that a body in bfloat16 is the same as in 32 bits. What an adapter brings
    along is left out: its own matrices, and heads that are stored with it.
    """
    import torch

    heads = list(whole or ())
    shapes, sums = [], []
    count = 0
    for name, weight in model.named_parameters():
        plain = name.replace(".base_layer.", ".")
        if "lora_" in plain or any(_ending(head, _paths(plain)) for head in heads):
            continue
        count += weight.numel()
        shapes.append(f"{plain} {'x'.join(map(str, weight.shape))}")
        sums.append(resume.fingerprint({plain: weight.detach().to(torch.bfloat16)}))
    return {
        "kind": type(model).__name__,
        "parameters": count,
        "whole": heads,
        "shapes": _hash(shapes),
        "weights": _hash(sums),
    }


def _hash(lines: list[str]) -> str:
    """One short hash of several lines, whose order does not matter."""
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:16]


def _paths(name: str) -> list[str]:
    """``a.b.c`` -> ``a``, ``a.b``: the modules that a parameter is in."""
    parts = name.split(".")
    return [".".join(parts[:n]) for n in range(1, len(parts))]
