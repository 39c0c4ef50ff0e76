"""Where numbers come from: the environment that is stored beside every result."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

_LIBRARIES = ("torch", "transformers", "datasets", "tokenizers", "numpy", "scikit-learn", "scipy")


def environment() -> dict[str, Any]:
    """Python, libraries, processor and threads: what numbers may depend on.

    Example:
        >>> sorted(environment())[:2]
        ['cores', 'cpu']
    """
    from importlib import metadata

    versions = {}
    for library in _LIBRARIES:
        try:
            versions[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpu": _processor(),
        "cores": os.cpu_count(),
        "threads": _threads(),
        "libraries": versions,
    }


def _threads() -> int:
    if torch := sys.modules.get("torch"):  # knows best, when it is in use at all
        return int(torch.get_num_threads())
    return int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as stream:
            for line in stream:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def cpu_count() -> int:
    """Processors that this process may use.

    Example:
        >>> cpu_count() >= 1
        True
    """
    try:
        return len(os.sched_getaffinity(0))  # type: ignore[attr-defined,unused-ignore]
    except AttributeError:  # macOS, Windows
        return os.cpu_count() or 1
