"""Turn every control of every explorer of a notebook, as a browser would.

The notebook runs in a real kernel with live widgets. Then each setting of each explorer is asked
for by the same messages that a browser sends, and what comes back is looked at: a new picture, or
an error that the learner would see. So a callback cannot fail unnoticed, and the time of a step is
the time that somebody waits.
"""

from __future__ import annotations

import itertools
import os
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import KernelManager

from tl_helpers.core import files
from tl_helpers.core.errors import CourseError
from tl_helpers.press import kernels, notebooks
from tl_helpers.show.explore.live import VIEW

_WIDGET = "IPY_MODEL_"
_FAILED, _PART = 'role="alert"', 'role="region"'
_DEADLINE = 900.0  # seconds for one cell


@dataclass
class Turned:
    """What came of turning one explorer.

    Attributes:
        cell: position of its cell in the notebook, from 0.
        controls: label of each control -> names of its values.
        steps: seconds from each request to the new picture.
        failures: what a learner would have seen instead of a picture, with the setting.
    """

    cell: int
    controls: dict[str, list[str]]
    steps: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Front:
    """A kernel, and what a browser would know about its widgets. Use it by :func:`kernel`."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.models: dict[str, dict[str, Any]] = {}
        self.views: list[str] = []  # models that the last cell showed
        self.trouble: list[str] = []  # errors and what was written to stderr

    def _until_idle(self, request: str) -> None:
        end = time.monotonic() + _DEADLINE
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=max(0.1, end - time.monotonic()))
            except queue.Empty:
                raise CourseError("The kernel did not answer in time.") from None
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "comm_open" and content["target_name"] == "jupyter.widget":
                self.models[content["comm_id"]] = dict(content["data"]["state"])
            elif kind == "comm_msg" and content["data"].get("method") == "update":
                self.models.setdefault(content["comm_id"], {}).update(content["data"]["state"])
            if message["parent_header"].get("msg_id") != request:
                continue
            if kind == "display_data" and VIEW in content["data"]:
                self.views.append(content["data"][VIEW]["model_id"])
            elif kind == "error":
                self.trouble.append(f"{content['ename']}: {content['evalue']}")
            elif kind == "stream" and content["name"] == "stderr":
                self.trouble.append(content["text"].strip())
            elif kind == "status" and content["execution_state"] == "idle":
                return

    def run(self, source: str) -> list[str]:
        """Run a cell; returns the ids of the widgets that it showed.

        Raises:
            CourseError: the cell failed.
        """
        self.views, self.trouble = [], []
        request = self.client.execute(source, store_history=True, allow_stdin=False)
        self._until_idle(request)
        while True:  # a kernel that started slowly may still answer to its first greetings
            message = self.client.get_shell_msg(timeout=60)
            if message["parent_header"].get("msg_id") == request:
                break
        reply = message["content"]
        if reply["status"] != "ok":
            first = next(iter(source.splitlines()), "")
            raise CourseError(
                f"A cell failed: {reply.get('ename')}: {reply.get('evalue')} (in: {first})"
            )
        return self.views

    def change(self, model: str, **state: Any) -> float:
        """Change a widget's state as a browser does; returns seconds until the kernel is done."""
        self.trouble = []
        began = time.perf_counter()
        content = {
            "comm_id": model,
            "data": {"method": "update", "state": state, "buffer_paths": []},
        }
        message = self.client.session.msg("comm_msg", content)
        self.models[model].update(state)  # a kernel does not echo every change
        self.client.shell_channel.send(message)
        self._until_idle(message["header"]["msg_id"])
        return time.perf_counter() - began

    def children(self, model: str) -> Iterator[str]:
        """All widgets below one, depth first."""
        for name in self.models[model].get("children", ()):
            child = name.removeprefix(_WIDGET)
            yield child
            yield from self.children(child)

    def turn(self, view: str, cell: int) -> Turned:
        """Turn each control of one explorer over its range, in every combination."""
        fields, pictures = [], []
        for model in self.children(view):
            state = self.models[model]
            if "_options_labels" in state:
                fields.append(model)
            elif state["_model_name"] == "HTMLModel":
                pictures.append(model)
        labels = {
            self.models[m]["description"]: list(self.models[m]["_options_labels"]) for m in fields
        }
        turned = Turned(cell, labels)
        at = [self.models[m]["index"] for m in fields]
        for key in itertools.product(*(range(len(names)) for names in labels.values())):
            named = zip(labels.items(), key, strict=True)
            words = ", ".join(f"{label} {names[i]}" for (label, names), i in named)
            for place, model in enumerate(fields):
                if key[place] != at[place]:
                    at[place] = key[place]
                    turned.steps.append(self.change(model, index=key[place]))
                    turned.failures += [f"{words}: {text}" for text in self.trouble]
            shown = [self.models[m]["value"] for m in pictures]
            turned.failures += [f"{words}: {s}" for s in shown if _FAILED in s]
            if not any(sign in s for s in shown for sign in ("<img", _PART, _FAILED)):
                turned.failures.append(f"{words}: no picture")
        return turned


class Manager(KernelManager):
    """A kernel manager for which ``python3`` is this interpreter, as for the runner's own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.kernel_spec_manager = KernelSpecManager(kernel_dirs=[])


@contextmanager
def kernel(folder: Path, threads: int = 1) -> Iterator[Front]:
    """A kernel of this interpreter in which widgets live, offline; ended afterwards."""
    env = kernels.environment(offline_run=True, threads=threads)
    env.pop("TL_QUIET")  # somebody is looking, as far as the kernel knows
    env["TL_STATIC"] = "0"
    manager = Manager(kernel_name="python3")
    manager.start_kernel(env=env, cwd=os.fspath(folder))
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=120)
        yield Front(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def explorers(
    path: str | os.PathLike[str], *, profile: str = "quick", last: int | None = None
) -> list[Turned]:
    """Run a notebook with live widgets and turn each explorer right after its cell.

    Args:
        path: of the notebook, which is only read.
        profile: ``"quick"`` or ``"course"``.
        last: stop after so many explorers.

    Raises:
        CourseError: a cell failed.
    """
    turned: list[Turned] = []
    with kernel(files.root() / "notebooks") as front:
        for place, cell in enumerate(notebooks.read(path).cells):
            tags = cell.metadata.get("tags", [])
            if cell.cell_type != "code" or "hub-only" in tags:
                continue
            views = front.run(cell.source)
            if "parameters" in tags:
                front.run(f"PROFILE = {profile!r}")
            for view in views if "explorer" in tags else ():  # others show progress bars
                turned.append(front.turn(view, place))
                if len(turned) == last:
                    return turned
    return turned
