"""The first line of every notebook: the profile, the seeds, the threads and the device.

``lesson.start(PROFILE, SEED)``, or ``tl.start("my-own", PROFILE, SEED)`` in a notebook that is no
lesson, prints one line and returns a :class:`Session`.
"""

from __future__ import annotations

import json
import os
import platform
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_helpers.core import checks, files, memory, output, packages
from tl_helpers.core.errors import BadValue, NoNetwork, UnknownName
from tl_helpers.core.provenance import cpu_count
from tl_helpers.core.seeds import parse_seeds

if TYPE_CHECKING:
    from tl_helpers.data.hub_plan import Need

PROFILES = {
    "quick": "seconds: the same code on less work, for editing and smoke tests",
    "course": "under a minute a notebook, offline, on the processor: what the text speaks of",
    "hub": "real models and benchmark data; needs the network, uses a GPU if there is one",
}
"""Profile name -> what it is for."""

_MISSING: Any = object()


def check_profile(profile: object) -> str:
    """Return ``profile`` if it is one; :class:`UnknownName` otherwise.

    Example:
        >>> check_profile("quick")
        'quick'
    """
    if not isinstance(profile, str) or profile not in PROFILES:
        raise UnknownName("profile", profile, PROFILES)
    return profile


def require_network(notebooks: Iterable[str | Path] = ()) -> list[Need]:
    """Do nothing if the Hub answers, or if all that ``notebooks`` need from it is here already.

    With ``HF_HUB_OFFLINE=1`` the learner has chosen to work from the Hub's own cache, so nothing
    is asked.

    Returns:
        What the notebooks need from the Hub.

    Raises:
        NoNetwork: nobody answered; names the profile that works offline.

    Example:
        >>> require_network(["11_language_models"])[0].entry.name  # doctest: +SKIP
        'distilgpt2'
    """
    from tl_helpers.data import hub, hub_plan

    wanted = {need.entry.name: need for name in notebooks for need in hub_plan.needs(name)}
    absent = [need for need in wanted.values() if not need.here]
    if (absent or not wanted) and not hub.offline_by_choice() and not hub.reachable():
        names = ", ".join(need.entry.name for need in absent)
        lacking = f" Not here yet: {names} ({_size(absent)})." if absent else ""
        raise NoNetwork(
            f"The hub profile needs the network, but the Hub does not answer.{lacking}",
            "Connect and try again; or work offline with the profile 'course', which needs no "
            "network. (HF_HUB_OFFLINE=1 uses what an earlier hub run has already downloaded.)",
        )
    return list(wanted.values())


def _size(wanted: Iterable[Need]) -> str:
    from tl_helpers.data import hub, hub_plan

    return hub.in_words(1e6 * hub_plan.missing(wanted))


@dataclass(frozen=True)
class Session:
    """What a notebook needs to know about this run.

    Attributes:
        notebook: its name, such as ``"00_start_here"``.
        profile: ``"quick"``, ``"course"`` or ``"hub"``.
        seed: the notebook's seed.
        device: ``"cpu"``, or a GPU (``"cuda"``, ``"mps"``) at the hub profile.
        threads: threads that torch may use.
        knobs: the notebook's own parameters.
    """

    notebook: str
    profile: str
    seed: int
    device: str
    threads: int
    knobs: dict[str, Any] = field(default_factory=dict)

    def seeds(self, n: int = 5) -> list[int]:
        """``n`` seeds from the notebook's own on; or all of those in ``TL_SEEDS``, if it is set.

        ``tl claims --seeds 100:105`` sets it, to try a claim on seeds its author never saw.

        Example:
            >>> Session("x", "course", 7, "cpu", 1).seeds(3)
            [7, 8, 9]
        """
        if override := os.environ.get("TL_SEEDS"):
            return parse_seeds(override)
        if n < 1:
            raise BadValue(f"seeds({n}) asks for no seed.", "Ask for at least one.")
        return list(range(self.seed, self.seed + n))

    def pick(self, *, quick: Any, course: Any, hub: Any = _MISSING) -> Any:
        """The value for this profile; ``hub`` is the course value unless given.

        Example:
            >>> Session("x", "quick", 0, "cpu", 1).pick(quick=2, course=5)
            2
        """
        values = {"quick": quick, "course": course, "hub": course if hub is _MISSING else hub}
        return values[self.profile]


def start(notebook: str, profile: str = "course", seed: int = 0, **knobs: Any) -> Session:
    """Begin a notebook: check the parameters, set seeds and threads, print one line.

    At the profile ``hub`` a second line says what will be downloaded, and how large it is.

    Args:
        notebook: the notebook's name, without ``.ipynb``. What a lesson needs from the Hub its file
            says; what any other notebook needs is read from its code.
        profile: one of :data:`PROFILES`.
        seed: 0 or more; sets ``random``, ``numpy`` and ``torch``.
        **knobs: the notebook's own parameters, kept in ``Session.knobs``.

    Raises:
        UnknownName: no such profile.
        BadValue: the seed is not a whole number from 0 to 2**32 - 1.
        NoNetwork: the hub profile without a network, unless all that the notebook needs from the
            Hub has been downloaded before.
        CourseError: a package that the course needs is not installed for this kernel.

    Example:
        >>> session = start("my-own", "quick", 3, LABELS=16)  # doctest: +SKIP
    """
    packages.require()
    check_profile(profile)
    seed = checks.seed(seed, "SEED")
    wanted = require_network([notebook]) if profile == "hub" else []
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    if profile != "hub":  # nothing is downloaded: a bar could only tell of weights being read
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

    # Fits of scikit-learn are small here: a second thread of linear algebra only waits for the
    # first (five times slower, measured). By environment for libraries loaded from now on.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    import numpy as np
    import threadpoolctl
    import torch

    threadpoolctl.threadpool_limits(1, user_api="blas")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)
    threads = _threads()
    torch.set_num_threads(threads)
    if output.on("TL_SHARED"):
        memory.share()
    session = Session(notebook, profile, seed, _device(profile), threads, dict(knobs))
    print(_line(session))
    if profile == "hub":
        from tl_helpers.data import hub_plan

        print(hub_plan.say(wanted), flush=True)
    return session


def _threads() -> int:
    text = os.environ.get("TL_THREADS", "")
    if not text:
        return cpu_count()
    if not text.isdigit() or int(text) < 1:
        raise BadValue(f"TL_THREADS={text!r} is not a number of threads.", "Use 1 or more.")
    return int(text)


def _device(profile: str) -> str:
    import torch

    if profile != "hub":  # the text speaks of results on the processor, the same for everyone
        return "cpu"
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def expected_seconds(notebook: str) -> float | None:
    """How long the course profile took when the stored outputs were made, if that is known.

    Example:
        >>> expected_seconds("00_start_here") > 1  # doctest: +SKIP
        True
    """
    path = files.root() / "notebooks" / f"{notebook}.ipynb"
    try:
        return float(json.loads(path.read_text("utf-8"))["metadata"]["tl"]["run_seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _line(session: Session) -> str:
    seconds = expected_seconds(session.notebook)
    expected = {
        "quick": "a few seconds",
        "course": f"about {seconds:.0f} s" if seconds else "under a minute",
        "hub": "minutes, on a GPU",
    }[session.profile]
    versions = ", ".join(  # without what a build adds, as in "+cpu": the device says it
        f"{name} {metadata.version(name).partition('+')[0]}" for name in ("torch", "transformers")
    )
    plural = "s" if session.threads > 1 else ""
    knobs = "".join(f" · {name} = {value!r}" for name, value in session.knobs.items())
    return (
        f"{session.notebook} · profile {session.profile} · seed {session.seed}{knobs} · "
        f"{session.device}, {session.threads} thread{plural} · Python {platform.python_version()}, "
        f"{versions} · {expected}"
    )
