"""The docstrings of the installed libraries as one corpus: unique, split by module, and cached."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tl_helpers.core import checks, files, output
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.data import tables
from tl_helpers.data.docstrings.prose import normalised
from tl_helpers.data.docstrings.sources import (
    KINDS,
    LIBRARIES,
    Documented,
    Library,
    code_version,
    library,
    read_all,
)

if TYPE_CHECKING:
    from datasets import DatasetDict

SPLITS = ("train", "validation", "test")
#: Of this many equal shares of the modules, the first go to each split.
SHARES, UNTIL = 20, {"train": 16, "validation": 18, "test": 20}
FEWEST = 4  # libraries that have to be there, unless the caller names them
LONG = 6  # words from which a sentence may occur only once
MOST_WORKERS = 4


def split_of(module: str) -> str:
    """The split that a module belongs to, whatever else there is.

    Example:
        >>> split_of("numpy.linalg")
        'train'
    """
    share = int.from_bytes(hashlib.sha256(module.encode()).digest()[:4], "big") % SHARES
    return next(name for name, end in UNTIL.items() if share < end)


def installed(names: Iterable[str] | None = None) -> list[Library]:
    """The libraries that are read, with version and licence; a note names those that are missing.

    Args:
        names: some of them only, by the name they are imported with.

    Raises:
        UnknownName: a library that is not among those the course reads.
        BadValue: no names.
        CourseError: too few of them are installed.

    Example:
        >>> [library.name for library in installed(["torch", "numpy"])]
        ['numpy', 'torch']
    """
    if isinstance(names, str):
        names = [names]
    chosen = LIBRARIES if names is None else checks.texts(names, "libraries", empty=True)
    wanted = list(dict.fromkeys(chosen))
    if not wanted:
        raise BadValue("No libraries.", f"Name some of: {', '.join(LIBRARIES)}.")
    for name in wanted:
        checks.known("library", name, LIBRARIES)
    looked = {name: library(name) for name in sorted(wanted, key=list(LIBRARIES).index)}
    there = [x for x in looked.values() if x is not None]
    missing = [name for name, x in looked.items() if x is None]
    needed = FEWEST if names is None else 1
    if len(there) < needed:
        raise CourseError(
            f"The docstrings need {needed} installed libraries or more; there are {len(there)} of "
            f"{', '.join(wanted)}.",
            f"Install some: pip install {' '.join(LIBRARIES[name] for name in missing)}",
        )
    if missing:
        print(f"Note: the docstrings come without {', '.join(missing)} (not installed).")
    return there


def load(*, raw: bool = False, libraries: Sequence[str] | None = None) -> DatasetDict:
    """The corpus, from the cache or read now.

    Args:
        raw: the docstrings as they stand in the files, markup and code included.
        libraries: only these.

    Raises:
        UnknownName: a library that is not among those the course reads.
        CourseError: too few libraries, disk full, or no permission to write the cache.

    Example:
        >>> load(libraries=["numpy"])["train"][0]["summary"]  # doctest: +SKIP
    """
    raw = checks.flag(raw, "raw")
    read_from = installed(libraries)
    spec = specification(read_from, raw)
    folder = files.cache_dir() / "docstrings" / fingerprint(spec)

    def cached() -> DatasetDict | None:
        if not folder.exists():
            return None
        try:
            counts = json.loads((folder / "corpus.json").read_text("utf-8"))["rows"]
            stored = tables.read(folder / "data", list(counts))
            if stored.num_rows == counts:
                return stored
        except (OSError, ValueError, KeyError, TypeError):
            pass
        shutil.rmtree(folder, ignore_errors=True)  # damaged: it can be made again
        return None

    if (corpus := cached()) is not None:
        return corpus
    with files.only_one(folder):
        if (corpus := cached()) is not None:  # another process was first
            return corpus
        made = _dataset(extract(read_from, raw), spec, raw)
        with files.atomic_folder(folder) as temporary:
            tables.write(made, temporary / "data")
            about = json.dumps(spec | {"rows": made.num_rows}, indent=1)
            (temporary / "corpus.json").write_text(about, encoding="utf-8")
        if (corpus := cached()) is not None:
            return corpus
    raise CourseError(
        f"{folder} was written, but cannot be read back.",
        "The disk may be failing: point the environment variable TL_CACHE at another one.",
    )


def specification(read_from: list[Library], raw: bool) -> dict[str, Any]:
    """Everything that the corpus depends on.

    Example:
        >>> sorted(specification(installed(["numpy"]), raw=False)["libraries"])
        ['numpy']
    """
    return {
        "libraries": {x.name: x.version for x in read_from},
        "python": ".".join(map(str, sys.version_info[:2])),  # its parser reads the files
        "code": code_version(),
        "raw": raw,
    }


def fingerprint(spec: dict[str, Any]) -> str:
    """Twelve hex digits that stand for a specification.

    Example:
        >>> fingerprint({"raw": False})
        '5d19a3b32bda'
    """
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()[:12]


def extract(read_from: list[Library], raw: bool = False) -> list[Documented]:
    """Every documented object, cleaned, in a fixed order; the files are shared out over workers.

    Raises:
        CourseError: a worker was ended, for want of memory perhaps.

    Example:
        >>> extract(installed(["numpy"]))[0].module  # doctest: +SKIP
        'numpy'
    """
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed

    jobs = [(x.name, str(x.folder), str(p)) for x in read_from for p in x.files()]
    jobs.sort(key=lambda job: (-os.path.getsize(job[2]), job))  # dealt out, large files first
    workers = max(1, min(os.cpu_count() or 1, MOST_WORKERS, len(jobs) // 50))
    shares = [jobs[first :: 8 * workers] for first in range(min(8 * workers, len(jobs)))]
    parts = []
    try:
        with output.Working(len(jobs), "reading docstrings", "file") as work:
            parallel = Parallel(n_jobs=workers, return_as="generator")
            coming = parallel(delayed(read_all)(share, raw) for share in shares)
            for share, part in zip(shares, coming, strict=True):
                parts.append(part)
                work.update(len(share))
    except BrokenProcessPool as error:
        raise CourseError(
            f"A process that reads the docstrings broke off: {str(error).splitlines()[0]}",
            "Close other programs, if memory is short, and run it again.",
        ) from None
    order = list(LIBRARIES)
    objects = [one for part in parts for one in part]
    return sorted(objects, key=lambda one: (order.index(one.library), one.module, one.name))


def unique(objects: Iterable[Documented]) -> list[tuple[Documented, str, str]]:
    """``(object, summary, body)`` without repetitions, whichever split they would lie in.

    Compared are letters only, in lower case. A sentence of six words or more occurs once in the
    whole corpus; an object whose summary was said before is left out.

    Example:
        >>> unique([])
        []
    """
    sentences: set[str] = set()
    texts: set[str] = set()
    out = []
    for one in objects:
        summary = normalised(one.summary)
        if summary in sentences:
            continue
        body, fresh = [], []
        for paragraph in one.body:
            kept = []
            for sentence in paragraph:
                text = normalised(sentence)
                if text.count(" ") + 1 >= LONG:
                    if text in sentences or text == summary:
                        continue
                    sentences.add(text)
                    fresh.append(text)
                kept.append(sentence)
            if kept:
                body.append(" ".join(kept))
        whole = " ".join([summary, *map(normalised, body)])
        if whole in texts or whole.count(" ") < 2:
            sentences.difference_update(fresh)
            continue
        texts.add(whole)
        if summary.count(" ") + 1 >= LONG:
            sentences.add(summary)
        out.append((one, one.summary, "\n".join(body)))
    return out


def _unique_raw(objects: Iterable[Documented]) -> list[tuple[Documented, str, str]]:
    texts: set[str] = set()
    out = []
    for one in objects:
        text = normalised(one.raw)
        if text and text not in texts:
            texts.add(text)
            summary, _, body = one.raw.partition("\n")
            out.append((one, summary.strip(), body.strip("\n")))
    return out


def _dataset(objects: list[Documented], spec: dict[str, Any], raw: bool) -> DatasetDict:
    from datasets import ClassLabel, Dataset, DatasetDict, DatasetInfo, Features, NamedSplit, Value

    names, kinds = list(LIBRARIES), list(KINDS)
    features = Features(
        text=Value("string"),
        library=ClassLabel(names=names),
        module=Value("string"),
        object=Value("string"),
        kind=ClassLabel(names=kinds),
        summary=Value("string"),
        body=Value("string"),
    )
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SPLITS}
    for one, summary, body in _unique_raw(objects) if raw else unique(objects):
        rows[split_of(one.module)].append(
            {
                "text": one.raw if raw else f"{summary}\n{body}" if body else summary,
                "library": names.index(one.library),
                "module": one.module,
                "object": one.name,
                "kind": kinds.index(one.kind),
                "summary": summary,
                "body": body,
            }
        )
    versions = ", ".join(f"{name} {version}" for name, version in spec["libraries"].items())
    about = f"Docstrings of {versions}; fingerprint {fingerprint(spec)}."
    return DatasetDict(
        {
            name: Dataset.from_list(
                part,
                features=features,
                info=DatasetInfo(description=about, features=features),
                split=NamedSplit(name),
            )
            for name, part in rows.items()
        }
    )
