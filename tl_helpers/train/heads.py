"""A pre-trained body under a new classification head, and parts of it frozen."""

from __future__ import annotations

import copy
import fnmatch
import re
from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import TYPE_CHECKING

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue
from tl_helpers.train import precision
from tl_helpers.train.texts import reader_of, set_padding

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_LAYER = re.compile(r"(?:^|\.)(?:layer|layers|h|block)\.(\d+)\.")


def classifier(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, labels: Sequence[str], seed: int
) -> PreTrainedModel:
    """A copy of ``model`` with transformers' own sequence-classification head.

    A model that has such a head for these classes keeps it, in the order that the head has (see
    :func:`places`); otherwise the body (without a language-model head) is copied under a new head,
    whose weights come from ``seed``. The copy has 32-bit weights, whatever came in, and the padding
    id of its tokenizer. Of an encoder and a decoder put together the encoder is used.

    Raises:
        BadValue: transformers has no classification model of this architecture.

    Example:
        >>> from tl_helpers import models
        >>> model, tokenizer = models.new("tiny")
        >>> classifier(model, tokenizer, ["blame", "praise"], seed=0).config.num_labels
        2
    """
    import torch
    from transformers import AutoModelForSequenceClassification

    reader_of(model)  # it is a model at all
    if model.config.model_type == "encoder-decoder":
        model = model.get_encoder()
    precision.say_if_not_32_bits(model)
    order = places(model, labels)
    if order is not None:
        new = copy.deepcopy(model).float()
        new.config.problem_type = "single_label_classification"
    else:
        config = copy.deepcopy(model.config)
        config.num_labels = len(labels)
        config.problem_type = "single_label_classification"
        devices = [model.device] if model.device.type == "cuda" else []
        with torch.random.fork_rng(devices):
            torch.manual_seed(seed)
            try:
                new = AutoModelForSequenceClassification.from_config(
                    config, dtype=torch.float32, trust_remote_code=False
                )
            except ValueError:
                raise BadValue(
                    f"transformers has no classifier for a {type(model).__name__}.",
                    "Use an encoder such as BERT, or a GPT-2-style model.",
                ) from None
        body = model.base_model.state_dict()
        missing, extra = new.base_model.load_state_dict(body, strict=False)
        heads = ("pooler.", "lm_head.")
        strange = [name for name in (*missing, *extra) if not name.startswith(heads)]
        if strange:
            raise BadValue(
                f"The body of {type(model).__name__} does not fit its classifier: {strange[:3]}.",
                "Pass a model whose base_model holds the whole encoder.",
            )
        new.to(device=model.device)
    new.requires_grad_(True)
    set_padding(new, tokenizer)
    numbers = list(range(len(labels))) if order is None else order
    if order is None or set(labels) == set(_names(model)) or _unnamed(model):
        new.config.label2id = dict(zip(labels, numbers, strict=True))
        new.config.id2label = {i: labels[numbers.index(i)] for i in range(len(labels))}
    return new.eval()


def _names(model: PreTrainedModel) -> dict[str, int]:
    """What the outputs of a head are called, and the number of each."""
    return {str(name): int(number) for number, name in model.config.id2label.items()}


def _unnamed(model: PreTrainedModel) -> bool:
    return all(name == f"LABEL_{number}" for name, number in _names(model).items())


def places(model: PreTrainedModel, labels: Sequence[str]) -> list[int] | None:
    """Which output of the head that ``model`` has stands for each label; None if none fits.

    Outputs go by their names. Where those are only numbers, as in a head that has not been trained,
    the first label is the first output; labels that are the numbers of the outputs go by these.

    Example:
        >>> from tl_helpers.models import load
        >>> places(load("town-mlm", task="classification").model, ["bad", "good"])
        [0, 1]
    """
    config = model.config
    if not type(model).__name__.endswith("ForSequenceClassification"):
        return None
    if config.num_labels != len(labels):
        return None
    names = _names(model)
    if set(names) == set(labels):
        return [names[label] for label in labels]
    if set(labels) == {str(number) for number in range(len(labels))}:
        return [int(label) for label in labels]
    if _unnamed(model):
        return list(range(len(labels)))
    print(
        f"Note: the head of this {type(model).__name__} tells {', '.join(map(repr, names))} apart, "
        f"not {', '.join(map(repr, labels))}; a new head is trained."
    )
    return None


def parts(model: PreTrainedModel) -> dict[str, list[str]]:
    """The names of the parameters in ``embeddings``, ``encoder`` and each layer.

    ``encoder`` is everything below the head; layers are keyed ``"0"``, ``"1"`` ...

    Example:
        >>> from tl_helpers import models
        >>> list(parts(models.new("tiny")[0]))
        ['embeddings', 'encoder', '0']
    """
    below = model.base_model_prefix + "."
    names: dict[str, list[str]] = {"embeddings": [], "encoder": []}
    for name, _ in model.named_parameters():
        if not name.startswith(below):
            continue
        names["encoder"].append(name)
        if layer := _LAYER.search(name):
            names.setdefault(layer[1], []).append(name)
        elif re.search(r"embed|wte|wpe|shared", name):
            names["embeddings"].append(name)
    return names


def freeze(model: PreTrainedModel, patterns: str | int | Iterable[str | int]) -> list[str]:
    """Freeze the parameters that ``patterns`` name; returns their names.

    Args:
        model: changed in place.
        patterns: ``"embeddings"``, ``"encoder"``, layer numbers (negative ones count from the
            top), or glob patterns of parameter names.

    Raises:
        BadValue: a pattern that matches nothing (says what exists), or nothing left to train.

    Example:
        >>> from tl_helpers import models
        >>> freeze(models.new("tiny")[0], "embeddings")[0]
        'bert.embeddings.LayerNorm.bias'
    """
    alone = isinstance(patterns, str | Integral | float)
    wanted = [patterns] if alone else checks.listed(patterns, "freeze", "part")
    names = [name for name, _ in model.named_parameters()]
    known = parts(model)
    depth = sum(key.isdigit() for key in known)
    frozen: set[str] = set()
    for pattern in wanted:
        if isinstance(pattern, str):
            named = pattern in ("embeddings", "encoder")
            matched = known[pattern] if named else fnmatch.filter(names, pattern)
        else:
            number = checks.whole(pattern, "freeze", low=None)
            matched = known.get(str(number + depth if number < 0 else number), [])
        if not matched:
            raise BadValue(
                f"freeze={pattern!r} matches no parameter.",
                f'There are "embeddings", "encoder", the layers 0 to {depth - 1}, and names such '
                f"as {names[0]} or {names[-1]}.",
            )
        frozen.update(matched)
    if len(frozen) == len(names):
        raise BadValue("Everything is frozen.", "Leave at least the head to be trained.")
    for name, parameter in model.named_parameters():
        if name in frozen:
            parameter.requires_grad_(False)
    return sorted(frozen)
