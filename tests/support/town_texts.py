"""What the tests of both languages of the town share: its text, here and in another process."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[2]


def few(examples: int) -> settings:
    """So many settings of the dials, always the same ones."""
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


def digest(texts: Iterable[str]) -> str:
    """What tells a text from all others."""
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()


def in_another_process(setting: dict, texts: str, vocabulary: str, hash_seed: str) -> list[str]:
    """Digest of a town's text, and the size of a vocabulary, as another process has them.

    Args:
        setting: the town's dials.
        texts: the method of a corpus that gives the text.
        vocabulary: the function of ``tl_helpers.town``.
        hash_seed: decides the order of sets.
    """
    code = (
        f"from town_texts import digest\nfrom tl_helpers.town import Town, {vocabulary}\n"
        f"print(digest(Town(**{setting!r}).corpus(200).{texts}()), len({vocabulary}()))"
    )
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()
