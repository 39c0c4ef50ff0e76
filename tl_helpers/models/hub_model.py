"""A model of your own: from the catalogue, from a folder, or any of the Hub."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from tl_helpers.core.errors import BrokenFile, NoNetwork
from tl_helpers.data import hub, hub_plan
from tl_helpers.data.registry import Entry

if TYPE_CHECKING:
    from pathlib import Path

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_INSTEAD = "'minilm' works without a network."


def is_hub_id(name: object) -> bool:
    """Whether a name can be that of a repository on the Hub, and is no folder here.

    Example:
        >>> is_hub_id("BAAI/bge-small-en-v1.5"), is_hub_id("minilm"), is_hub_id("./mine")
        (True, False, False)
    """
    return (
        isinstance(name, str)
        and _HUB_ID.fullmatch(name) is not None
        and not name.startswith(".")
        and not os.path.isdir(name)
    )


def fetch(name: str, revision: str = "main") -> Path:
    """The folder with the files of a model on the Hub, at the commit that ``revision`` is now.

    Only the configuration, the tokenizer and safetensors are downloaded: no pickle, and no code.

    Args:
        name: ``"owner/name"``.
        revision: a branch, a tag or a commit. A branch can move: for results that others should
            get as well, give the commit.

    Raises:
        NoNetwork: the Hub cannot be reached.
        BrokenFile: there is no such model, or it has no safetensors or no fast tokenizer.
        CourseError: disk full, or no permission to write the cache.

    Example:
        >>> fetch("BAAI/bge-small-en-v1.5")  # doctest: +SKIP
        PosixPath('...')
    """
    from huggingface_hub import HfApi
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

    if not hub.reachable():
        raise NoNetwork(
            f"{name!r} has to be looked up on the Hub, which cannot be reached.",
            f"Connect to the network, or give a folder with the model. {_INSTEAD}",
        )
    try:
        said = HfApi().model_info(name, revision=revision, timeout=hub.patience())
    except (RepositoryNotFoundError, RevisionNotFoundError):
        raise BrokenFile(
            f"The Hub has no public model {name!r} at {revision!r}.",
            f"Check the id on its page; it has the form owner/name. {_INSTEAD}",
        ) from None
    except Exception as error:
        reason = " ".join(str(error).split())[:160] or type(error).__name__
        raise NoNetwork(
            f"{name!r} could not be looked up on the Hub: {reason}", f"Try again. {_INSTEAD}"
        ) from None
    there = {file.rfilename for file in said.siblings or ()}
    needed = hub_plan.needed_files()
    if lacking := [one for one in needed if not there & set(one.split("|"))]:
        raise BrokenFile(
            f"{name!r} at commit {str(said.sha)[:8]} lacks {', '.join(lacking)}.",
            "Choose a model with safetensors and a fast tokenizer; anything else could run code "
            f"of its own. {_INSTEAD}",
        )
    entry = Entry(
        name=name, kind="hub", licence="see its page", citation="see its page",
        description="A model of the reader's.", hub_id=name, revision=str(said.sha),
    )  # fmt: skip
    extra = ["tokenizer_config.json", "special_tokens_map.json", "model-*.safetensors"]
    return hub.folder(entry, needed, optional=extra, instead=_INSTEAD)
