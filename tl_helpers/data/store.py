"""Town corpora as Arrow files: generated once, in parallel when large, then memory-mapped.

A corpus is stored under a fingerprint of everything that its text depends on: the options and the
version of the generator. It appears complete or not at all.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, CourseError, UnknownName

if TYPE_CHECKING:
    from datasets import Dataset

LEVELS = ("document", "sentence", "parallel")
LANGUAGES = ("english", "ondalese")
#: First document of each split. Documents are numbered, so splits never share one.
STARTS = {"train": 0, "test": 1 << 30}
#: Documents in one file, which bounds the memory that generating takes.
PER_PART = 20_000
#: Documents worth a process of their own, which needs seconds to start.
PER_PROCESS = 60_000
#: Documents in one split at most.
MOST = 5_000_000


def load(
    split: str, n: int, level: str, seed: int, dials: Mapping[str, Any], language: str = "english"
) -> Dataset:
    """``n`` documents of the town as a data set, from the cache or generated now.

    Args:
        split: ``train`` or ``test``.
        n: number of documents.
        level: one row per ``document``, per ``sentence``, or per sentence in both languages
            (``parallel``).
        seed: seed of the town.
        dials: dials of :class:`tl_helpers.town.Town`.
        language: of the text: ``english`` or ``ondalese``.

    Raises:
        BadValue: ``n`` or a dial out of range.
        UnknownName: no such level, language, split or dial.
        CourseError: disk full, or no permission to write the cache.
    """
    from tl_helpers import town

    if level not in LEVELS:
        raise UnknownName("level", level, LEVELS)
    if language not in LANGUAGES:
        raise UnknownName("language of the town", language, LANGUAGES)
    if split not in STARTS:
        raise UnknownName("split", split, STARTS)
    if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MOST:
        raise BadValue(f"n={n!r} is no number of documents.", f"Use a whole number, 1 to {MOST}.")
    if unknown := sorted(set(dials) - set(town.DIALS)):
        known = {"n", "n_test", "level", "language", "seed", *town.DIALS}
        raise UnknownName("option of 'town'", unknown[0], known)
    made = town.Town(seed=seed, **dials)  # a dial out of range is found before any work

    spec = {
        "generator": _generator(town),
        "level": level,
        "language": language,
        "start": STARTS[split],
        "n": n,
        **made.dials.to_dict(),
    }
    text = json.dumps(spec, sort_keys=True, default=_plain)
    folder = files.cache_dir() / "town" / hashlib.sha256(text.encode()).hexdigest()[:24]
    found = _read(folder)
    if found is not None:
        return found
    with files.only_one(folder):
        found = _read(folder)  # another process may have been first
        if found is None:
            with files.atomic_folder(folder) as temporary:
                _generate(json.loads(text), temporary)
            found = _read(folder)
    if found is None:
        raise CourseError(
            f"{folder} was written, but cannot be read back.",
            "The disk may be failing: point the environment variable TL_CACHE at another one.",
        )
    return found


def _generator(town: Any) -> str:
    """What generates: its version, and its source, so that no change of it is ever overlooked."""
    digest = hashlib.sha256(str(town.VERSION).encode())
    for path in sorted(Path(town.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _plain(value: Any) -> Any:
    """NumPy numbers, tuples in sets and the like, as JSON sees them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise BadValue(
        f"{value!r} ({type(value).__name__}) cannot be a dial of the town.",
        "Use numbers, text, lists or dictionaries of them.",
    )


def _read(folder: Path) -> Dataset | None:
    """The stored corpus, or None. A damaged one is put away, since it can be made again."""
    if not folder.exists():
        return None
    import pyarrow as pa
    from datasets import concatenate_datasets, load_from_disk

    try:
        parts = sorted(folder.glob("part-*"))
        expected = json.loads((folder / "corpus.json").read_text("utf-8"))["rows"]
        found = [load_from_disk(str(part)) for part in parts]
        if [len(part) for part in found] != expected:
            raise ValueError("not all rows are there")
        return found[0] if len(found) == 1 else concatenate_datasets(found)
    except (OSError, ValueError, KeyError, pa.ArrowException):
        shutil.rmtree(folder, ignore_errors=True)
        return None


def _generate(spec: dict[str, Any], folder: Path) -> None:
    firsts = range(0, spec["n"], PER_PART)
    parts = [
        {
            **spec,
            "start": spec["start"] + first,
            "n": min(PER_PART, spec["n"] - first),
            "path": str(folder / f"part-{number:05d}"),
        }
        for number, first in enumerate(firsts)
    ]
    workers = min(os.cpu_count() or 1, len(parts), -(-spec["n"] // PER_PROCESS))
    rows = write_parts(parts) if workers == 1 else _in_parallel(parts, workers)
    (folder / "corpus.json").write_text(
        json.dumps({**spec, "rows": rows}, sort_keys=True), encoding="utf-8"
    )


def write_parts(parts: list[dict[str, Any]]) -> list[int]:
    """Generate stretches of documents, each into its folder; returns their numbers of rows."""
    from datasets.utils import logging as bars

    from tl_helpers import town

    made = town.Town(**{name: parts[0][name] for name in ("seed", *town.DIALS)})
    shown = bars.is_progress_bar_enabled()
    bars.disable_progress_bar()
    rows = []
    try:
        for part in parts:
            corpus = made.corpus(part["n"], start=part["start"])
            dataset = corpus.to_dataset(level=part["level"], language=part["language"])
            dataset.save_to_disk(part["path"])
            rows.append(len(dataset))
    finally:
        if shown:
            bars.enable_progress_bar()
    return rows


def _in_parallel(parts: list[dict[str, Any]], workers: int) -> list[int]:
    """Share the parts out over fresh interpreters.

    Fresh, because a fork of a process in which torch has started its threads can hang, and a
    process pool would ask every learner's script for a ``__main__`` guard.
    """
    source = str(files.PACKAGE.parent)
    path = os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    running: list[subprocess.Popen[str]] = []
    try:
        for worker in range(workers):
            share = parts[len(parts) * worker // workers : len(parts) * (worker + 1) // workers]
            process = subprocess.Popen(
                [sys.executable, "-m", "tl_helpers.data.store"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                env=environment,
            )
            running.append(process)
            assert process.stdin is not None
            process.stdin.write(json.dumps(share))
            process.stdin.close()
            process.stdin = None  # communicate() below must not close it again
        answers = [(process, *process.communicate()) for process in running]
    finally:  # Ctrl-C included: nobody goes on writing into a folder that is being removed
        for process in running:
            if process.poll() is None:
                process.kill()
                process.wait()
    rows: list[int] = []
    for process, out, err in answers:
        report = _last_json(out)
        if "errno" in report:
            raise OSError(report["errno"], report["message"])
        if process.returncode or "rows" not in report:
            last = (err.strip().splitlines() or ["no message"])[-1]
            raise CourseError(
                f"A process that generates the town broke off: {last}",
                "Run it again; with less memory to spare, ask for fewer documents (n=...).",
            )
        rows.extend(report["rows"])
    return rows


def _last_json(out: str) -> dict[str, Any]:
    lines = out.strip().splitlines()
    try:
        return json.loads(lines[-1]) if lines else {}
    except json.JSONDecodeError:
        return {}


def _main() -> None:
    try:
        print(json.dumps({"rows": write_parts(json.load(sys.stdin))}))
    except OSError as error:
        print(json.dumps({"errno": error.errno or errno.EIO, "message": str(error)}))


if __name__ == "__main__":
    _main()
