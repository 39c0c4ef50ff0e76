"""Reading and writing a folder with a model, with one clear error for each thing that can be
wrong."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerBase

RESTORE = "Restore it from a copy, or save the model again with models.save()."
_ROOM = "End kernels of other notebooks that are still running, then restart this one."
_PIECE = 8_000_000  # numbers; 32 MB in 32 bits
#: Parts that a checkpoint need not have: they belong to a head, and a new task brings its own.
_HEADS = (
    "pooler.",
    "cls.",
    "classifier.",
    "lm_head.",
    "score.",
    "pre_classifier.",
    "vocab_",
    "discriminator_predictions.",
)


def read_config(folder: Path) -> PreTrainedConfig:
    """The configuration of a model folder.

    Raises:
        BrokenFile: missing, not JSON, or not the configuration of a known architecture, be it
            that the model brings code of its own for it.

    Example:
        >>> from tl_helpers import models
        >>> read_config(models.folder("minilm")).hidden_size
        384
    """
    from transformers import CONFIG_MAPPING, AutoConfig

    path = folder / "config.json"
    settings = _json(path)
    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (ValueError, KeyError, OSError, TypeError, AttributeError):
        kind = settings.get("model_type")
        if settings.get("auto_map") and str(kind) not in CONFIG_MAPPING:
            raise _needs_code(path) from None
        raise BrokenFile(
            f"{path} describes no model that transformers knows (model_type {kind!r}).", RESTORE
        ) from None


def read_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a model folder.

    Raises:
        BrokenFile: missing or damaged, or code of its own is needed to run it.

    Example:
        >>> from tl_helpers import models
        >>> read_tokenizer(models.folder("minilm")).tokenize("A film.")
        ['a', 'film', '.']
    """
    from transformers import AutoTokenizer

    _json(folder / "tokenizer.json")
    path = folder / "tokenizer_config.json"
    settings = _json(path) if path.exists() else {}
    try:
        with quiet():
            return AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
    except Exception as error:  # tokenizers raises the bare Exception
        if settings.get("auto_map") and "custom code" in str(error):
            raise _needs_code(path) from None
        raise BrokenFile(
            f"{folder / 'tokenizer.json'} is not a tokenizer: {_first_line(error)}", RESTORE
        ) from None


def read_model(
    folder: Path,
    config: PreTrainedConfig,
    auto: str,
    *,
    seed: int,
    random_weights: bool,
    part: str = "",
    dtype: torch.dtype | None = None,
) -> PreTrainedModel:
    """The model of a folder, or the same architecture from random weights.

    Args:
        folder: holds ``model.safetensors`` (not needed for random weights).
        config: from :func:`read_config`.
        auto: the name of the ``transformers`` class.
        seed: seed of what is initialised here; torch's global state is left as it was.
        random_weights: ignore the weights.
        part: ``"encoder"`` to take that side of an encoder-decoder.
        dtype: of the weights; float32 unless said otherwise.

    Raises:
        BrokenFile: weights missing, truncated, or not those of this configuration.
        CourseError: there is no memory left for them.

    Example:
        >>> read_model(place, config, "AutoModel", seed=0, random_weights=True)  # doctest: +SKIP
    """
    import torch
    import transformers

    factory = getattr(transformers, auto)
    kind = dtype or torch.float32
    with torch.random.fork_rng(devices=[]), quiet():
        torch.manual_seed(seed)
        if random_weights:
            return factory.from_config(config, dtype=kind, trust_remote_code=False).eval()
        path = _check_weights(folder)
        weights = None
        if part or kind != torch.float32:
            weights = _side(folder, part) if part else _cast(folder, kind)
            with torch.device("meta"):  # only the class itself can do without a folder
                factory = type(factory.from_config(config, trust_remote_code=False))
        try:
            model, report = factory.from_pretrained(
                folder if weights is None else None,
                config=config,
                state_dict=weights,
                dtype=kind,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # refused below, with the name of one
            )
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            if "allocate memory" in str(error):  # the file is as it should be
                raise CourseError(f"There is no memory left to read {path}.", _ROOM) from None
            raise BrokenFile(
                f"{path} does not fit {folder / 'config.json'}: {_first_line(error)}", RESTORE
            ) from None
    if wrong := report["mismatched_keys"]:  # names, or names with two shapes: versions differ
        name = min(key if isinstance(key, str) else key[0] for key in wrong)
        raise BrokenFile(
            f"{path} does not fit {folder / 'config.json'}: {len(wrong)} "
            f"weight{'s have' if len(wrong) > 1 else ' has'} another size, such as {name!r}.",
            RESTORE,
        )
    lacking = sorted(key for key in report["missing_keys"] if not _of_a_head(key))
    if lacking:
        raise BrokenFile(
            f"{path} lacks {len(lacking)} weights of the model, such as {lacking[0]!r}.", RESTORE
        )
    return model.eval()


def write(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path, meta: dict[str, Any]
) -> Path:
    """See :func:`tl_helpers.models.save`.

    Example:
        >>> write(model, tokenizer, Path("my-model"), {"seed": 0})  # doctest: +SKIP
        PosixPath('my-model')
    """
    if not hasattr(model, "save_pretrained") or not hasattr(tokenizer, "save_pretrained"):
        raise BadValue(
            f"A {type(model).__name__} and a {type(tokenizer).__name__} are no model and tokenizer "
            "of transformers.",
            "Pass save(model, tokenizer, folder).",
        )
    try:
        text = json.dumps(meta, indent=1, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise BadValue(f"meta cannot be written as JSON: {error}.", "Use plain values.") from None
    if folder.exists() and not folder.is_dir():
        raise BadValue(f"{folder} is a file.", "Choose a folder.")
    if folder.exists() and any(folder.iterdir()) and not (folder / "config.json").exists():
        raise BadValue(
            f"{folder} holds something else than a model, and saving would replace it.",
            "Choose a new folder.",
        )
    with files.atomic_folder(folder) as temporary, quiet():
        model.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
        (temporary / "training.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        _make_portable(temporary)
    return folder


@contextmanager
def quiet() -> Iterator[None]:
    """Without the progress bars and the tables of weights that ``transformers`` prints.

    Example:
        >>> with quiet():  # doctest: +SKIP
        ...     model.save_pretrained(folder)
    """
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _make_portable(folder: Path) -> None:
    """Let older versions of ``transformers``, and other users of the machine, read the files."""
    path = folder / "tokenizer_config.json"
    settings = _json(path)
    if settings.get("tokenizer_class") == "TokenizersBackend":  # the name since version 5
        settings["tokenizer_class"] = "PreTrainedTokenizerFast"
        path.write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8", newline="\n")
    for file in folder.iterdir():  # safetensors are written for the owner's eyes only
        file.chmod(path.stat().st_mode)


def _check_weights(folder: Path) -> Path:
    """The file of weights, after a look at whether all of it is there."""
    from safetensors import SafetensorError, safe_open

    path = folder / "model.safetensors"
    index = folder / "model.safetensors.index.json"
    parts = [path]
    if index.exists() and not path.exists():
        parts = [folder / name for name in sorted(set(_json(index)["weight_map"].values()))]
    for part in parts:
        if not part.exists():
            pickled = sorted(folder.glob("pytorch_model*.bin"))
            raise BrokenFile(
                f"{part} is missing."
                + (f" {pickled[0].name} is a pickle, which could run any code." if pickled else ""),
                "Save the model as safetensors." if pickled else RESTORE,
            )
        try:
            with safe_open(part, framework="numpy"):
                pass  # the header says how long the file has to be, and this checks it
        except (SafetensorError, OSError) as error:
            raise BrokenFile(
                f"{part} is damaged ({part.stat().st_size} bytes): {_first_line(error)}.", RESTORE
            ) from None
    return path


def _side(folder: Path, part: str) -> dict[str, torch.Tensor]:
    """The weights that are stored under the name of a side, without that name.

    Not by ``key_mapping``: up to 5.4 at least, transformers takes the name of the side away twice
    where the next name is the same, as in ``encoder.encoder.layer``, and finds no such weight.
    """
    from safetensors import safe_open

    side: dict[str, torch.Tensor] = {}
    for file in sorted(folder.glob("model*.safetensors")):
        with safe_open(file, framework="pt") as stored:
            for key in stored.keys():
                if key.startswith(f"{part}."):
                    side[key.removeprefix(f"{part}.")] = stored.get_tensor(key)
    return side


def _cast(folder: Path, kind: torch.dtype) -> dict[str, torch.Tensor]:
    """The weights as another kind, a few rows at a time.

    A file that is open counts as memory as far as it was read, so it is opened anew for each
    piece: at no time is there more of the old kind than one of them.
    """
    import torch
    from safetensors import safe_open

    weights: dict[str, torch.Tensor] = {}
    for file in sorted(folder.glob("model*.safetensors")):

        def read(key: str, rows: slice, file: Path = file) -> torch.Tensor:
            with safe_open(file, framework="pt") as stored:
                return stored.get_slice(key)[rows] if rows.stop else stored.get_tensor(key)

        with safe_open(file, framework="pt") as stored:
            shapes = {key: stored.get_slice(key).get_shape() for key in stored.keys()}
        for key, shape in shapes.items():
            step = max(1, _PIECE // max(1, math.prod(shape[1:])))
            if not shape or shape[0] <= step:
                weights[key] = _of_kind(read(key, slice(None)), kind)
                continue
            weights[key] = torch.empty(shape, dtype=kind)
            for start in range(0, shape[0], step):
                weights[key][start : start + step] = read(key, slice(start, start + step))
    return weights


def _of_kind(weight: torch.Tensor, kind: torch.dtype) -> torch.Tensor:
    return weight.to(kind, copy=True) if weight.is_floating_point() else weight.clone()


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise BrokenFile(f"{path} is missing.", RESTORE) from None
    except (ValueError, OSError, RecursionError):
        raise BrokenFile(f"{path} is damaged: it is not valid JSON.", RESTORE) from None
    if not isinstance(value, dict):
        raise BrokenFile(f"{path} is damaged: it is not a JSON object.", RESTORE)
    return value


def _needs_code(path: Path) -> BrokenFile:
    return BrokenFile(
        f"{path} asks for code that comes with the model. Such code is never run here.",
        "Use a model of an architecture that transformers itself knows.",
    )


def _of_a_head(key: str) -> bool:
    return any(key.startswith(head) or f".{head}" in key for head in _HEADS)


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines or [type(error).__name__])[0][:200]


def training(name: str) -> dict[str, Any]:
    """How a shipped model was trained: its recipe, environment, and curve over the steps.

    Raises:
        BrokenFile: no such shipped model, or its file is damaged.

    Example:
        >>> training("town-mlm")["recipe"]["steps"]
        3000
    """
    text = files.shipped(f"checkpoints/{name}/training.json").read_text("utf-8")
    return dict(json.loads(text))
