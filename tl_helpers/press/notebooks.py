"""Notebooks as files: find them, read their parameters, stamp them, and look for mistakes in them.

Stored notebooks hold the outputs of the course profile. ``metadata.tl.source_sha256`` is the hash
of the sources that made them, so that a changed cell with old outputs is noticed.
"""

from __future__ import annotations

import ast
import copy
import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tl_helpers.core import checks, files, lessons
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, UnknownName

TAGS = {
    "parameters": "the one cell with PROFILE, SEED and the notebook's knobs",
    "bootstrap": "finds or installs tl_helpers; folded away",
    "start": "imports the lesson and begins",
    "exercise": "a learner writes here",
    "solution": "an answer; student copies leave it out",
    "claim": "records a claim",
    "explorer": "shows an interactive figure",
    "hub-only": "run at the hub profile only",
    "deeper": "part of a section that only some will want: the core path stands without it",
    "hide-input": "the site folds the code away",
    "hide-output": "the site folds the output away",
    "remove-input": "the site leaves the code out",
}
"""Cell tag -> what it means. Other tags are mistakes."""

CODE_LINES = 20
PNG_BYTES = 60 * 1024
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}

_INJECTED = "injected-parameters"
_NOISE = ("papermill", "execution", "collapsed", "scrolled", "ExecuteTime")
_IMG = re.compile(r"<img\b[^>]*>", re.I)
_ALT = re.compile(r"""\balt\s*=\s*("[^"]*[^"\s][^"]*"|'[^']*[^'\s][^']*')""", re.I)
_MARKDOWN_IMAGE = re.compile(r"!\[([^\]]*)\]\(")
_DATA_PNG = re.compile(r"data:image/png;base64,([A-Za-z0-9+/=]+)")


def find(names: Sequence[str | os.PathLike[str]] = ()) -> list[Path]:
    """The notebooks with these names, numbers or paths; all of ``notebooks/*.ipynb`` without any.

    Raises:
        UnknownName: no such notebook.
        BadValue: a number that two notebooks have; an old name of what is several notebooks now.
        CourseError: there are none at all.

    Example:
        >>> [path.name for path in find(["00_start_here"])]
        ['00_start_here.ipynb']
        >>> [path.name for path in find(["10"])]
        ['10_distributional_hypothesis.ipynb']
    """
    folder = files.root() / "notebooks"
    every = sorted(folder.glob("*.ipynb"))
    if not names:
        if not every:
            raise CourseError(
                f"There are no notebooks in {folder}.",
                "Run tl in the course folder, or set TL_ROOT to it.",
            )
        return every
    paths: list[Path] = []
    for name in names:
        path = files.place(name, "notebook")
        bare = Path(name).parent == Path()
        # A path is that file and no other; only a name is looked for among the notebooks.
        beside = [folder / path.name, folder / f"{path.name}.ipynb"] if bare else []
        choices = [path, path.with_name(f"{path.name}.ipynb"), *beside]
        hit = next((p for p in choices if p.suffix == ".ipynb" and p.is_file()), None)
        if hit is None and bare and path.name.isdecimal():
            hit = _numbered(path.name, every)
        if hit is None and bare:
            now = lessons.moved().get(path.name.removesuffix(".ipynb"), [])
            if len(now) > 1:
                raise BadValue(f"{name} is now {' and '.join(now)}.", "Name one of them.")
            hit = folder / f"{now[0]}.ipynb" if now else None
        if hit is None:
            raise UnknownName("notebook", str(name), [p.stem for p in every])
        if hit.resolve() not in [p.resolve() for p in paths]:
            paths.append(hit)
    return paths


def _numbered(number: str, every: Sequence[Path]) -> Path | None:
    """The notebook that begins with a number: ``"10"``; None if there is none."""
    hits = [path for path in every if path.stem.partition("_")[0] == number]
    if len(hits) > 1:
        raise BadValue(
            f"Two notebooks have the number {number}: {hits[0].stem} and {hits[1].stem}.",
            "Write the whole name.",
        )
    return hits[0] if hits else None


def read(path: str | os.PathLike[str]) -> Any:
    """Read a notebook (nbformat 4).

    Raises:
        BrokenFile: not readable as a notebook.

    Example:
        >>> [path] = find(["00_start_here"])
        >>> read(path).cells[0].cell_type
        'markdown'
    """
    import nbformat

    try:
        notebook = nbformat.read(os.fspath(path), as_version=nbformat.NO_CONVERT)
        if (old := notebook.get("nbformat", 4)) >= 4:
            nbformat.validate(notebook)
            return nbformat.convert(notebook, to_version=4)
    except Exception as error:  # nbformat raises nearly everything, always for the same reason
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise BrokenFile(
            f"{path} is not a readable notebook: {reason}",
            f"Restore it with: git checkout -- {path}",
        ) from error
    raise BrokenFile(
        f"{path} is a notebook of the old format {old}.",
        f'Upgrade it: jupyter nbconvert --to notebook --inplace "{path}"',
    )


def write(notebook: Any, path: str | os.PathLike[str]) -> None:
    """Write a notebook, all or nothing.

    Example:
        >>> write(tidy(executed), path)  # doctest: +SKIP
    """
    import nbformat

    files.write_text(path, nbformat.writes(notebook) + "\n")


def parameters(notebook: Any) -> dict[str, Any]:
    """Name -> default of the ``parameters`` cell, as papermill reads it.

    Example:
        >>> [path] = find(["00_start_here"])
        >>> notebook = read(path)
        >>> parameters(notebook)
        {'PROFILE': 'course', 'SEED': 0}
    """
    import papermill

    copied = copy.deepcopy(notebook)
    copied.metadata["kernelspec"] = dict(KERNEL)
    entries = papermill.inspect_notebook(copied)
    return {name: _literal(entry["default"]) for name, entry in entries.items()}


def check_parameters(
    notebook: Any, name: str, given: dict[str, Any], profile: str | None = None
) -> dict[str, Any]:
    """The parameters to inject: those of ``given`` (and the profile) that differ from the defaults.

    Raises:
        UnknownName: the notebook has no such parameter.
        BadValue: no cell is tagged ``parameters``, or two are, or it says no PROFILE; a value
            whose type is not that of the default, or a ``SEED`` that is none.

    Example:
        >>> [path] = find(["00_start_here"])
        >>> notebook = read(path)
        >>> check_parameters(notebook, "00_start_here", {"SEED": 3}, "course")
        {'SEED': 3}
    """
    tagged = [
        number
        for number, cell in enumerate(notebook.cells, start=1)
        if "parameters" in cell.metadata.get("tags", [])
    ]
    if len(tagged) > 1:
        raise BadValue(
            f"{name} has {len(tagged)} cells tagged 'parameters': the cells "
            f"{', '.join(map(str, tagged[:-1]))} and {tagged[-1]} of all {len(notebook.cells)}.",
            "Leave the tag to one of them: what a run sets is put in behind the first.",
        )
    known = parameters(notebook)
    wanted = dict(given)
    if profile is not None:
        wanted.setdefault("PROFILE", profile)
    if wanted and not any("parameters" in c.metadata.get("tags", []) for c in notebook.cells):
        raise BadValue(
            f"{name} has no cell tagged 'parameters', so {', '.join(wanted)} cannot be set in it.",
            'Tag a cell that says PROFILE = "course" and SEED = 0 (in JupyterLab: the gear at the '
            "top right, Cell Tags, parameters).",
        )
    if "PROFILE" in wanted and "PROFILE" not in known:
        raise BadValue(
            f"The cell of {name} tagged 'parameters' says no PROFILE.",
            'Add the line PROFILE = "course" to it.',
        )
    for key, value in wanted.items():
        if key not in known:
            raise UnknownName(f"parameter of {name}", key, known)
        _check_type(name, key, known[key], value)
        if key == "SEED":
            checks.seed(value, f"{name}: the parameter SEED")
    return {key: value for key, value in wanted.items() if value != known[key]}


def _check_type(name: str, key: str, default: Any, value: Any) -> None:
    kinds = (int, float) if isinstance(default, float) else type(default)
    wrong_bool = isinstance(value, bool) != isinstance(default, bool)
    if default is not None and (wrong_bool or not isinstance(value, kinds)):
        raise BadValue(
            f"{name}: the parameter {key} = {value!r} is of type {type(value).__name__}; "
            f"it must be of type {type(default).__name__}, as its default {default!r} is.",
            f"For example: -p {key}={default}",
        )


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def inject(notebook: Any, values: dict[str, Any]) -> Any:
    """A copy to run: without outputs, and with a cell that sets parameters to these values.

    Example:
        >>> "SEED = 3" in inject(notebook, {"SEED": 3}).cells[2].source  # doctest: +SKIP
        True
    """
    import papermill

    fresh = papermill.execute_notebook(
        notebook, None, values, kernel_name="python3", language="python", prepare_only=True
    )
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return fresh


def is_injected(cell: Any) -> bool:
    """Is this the cell that a run put in for its parameters?

    Example:
        >>> from nbformat.v4 import new_code_cell
        >>> is_injected(new_code_cell("SEED = 3", metadata={"tags": ["injected-parameters"]}))
        True
    """
    return _INJECTED in cell.metadata.get("tags", [])


def profile(notebook: Any) -> str:
    """The profile that the parameters of a notebook name, the injected ones first.

    Example:
        >>> [path] = find(["00_start_here"])
        >>> notebook = read(path)
        >>> profile(notebook)
        'course'
    """
    named = "course"
    for cell in notebook.cells:
        if is_injected(cell) or "parameters" in cell.metadata.get("tags", []):
            if match := re.search(r"^PROFILE = [\"'](\w+)", cell.source, re.M):
                named = match[1]
    return named


def source_hash(notebook: Any) -> str:
    """SHA-256 over the type, source and tags of each cell, in order; an injected cell is no source.

    Example:
        >>> [path] = find(["00_start_here"])
        >>> notebook = read(path)
        >>> len(source_hash(notebook))
        64
    """
    cells = [
        [cell.cell_type, cell.source, sorted(cell.metadata.get("tags", []))]
        for cell in notebook.cells
        if not is_injected(cell)
    ]
    return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()


class Current(NamedTuple):
    """The outputs of a notebook that count.

    Attributes:
        notebook: the cells as they stand in the notebook, with these outputs.
        file: where the outputs stand: the copy of the last run, or the notebook itself.
        note: why they are not those of the last run; empty if they are, or there was none.
    """

    notebook: Any
    file: Path
    note: str


def current(path: Path, build: Path | None = None) -> Current:
    """The outputs of a notebook that count, for the site and for slides alike.

    They are those of the last run, if it was a run of the cells that stand here at the notebook's
    own parameters, of which its text speaks. Otherwise they are the ones stored in the notebook.

    Args:
        path: of the notebook.
        build: the folder that ``tl run`` wrote to; ``build/`` by default.

    Example:
        >>> current(path).file.name  # doctest: +SKIP
        '00_start_here.ipynb'
    """
    stored = read(path)
    folder = (build or files.root() / "build") / "notebooks"
    copy_of_run = folder / path.name
    if not copy_of_run.exists():
        failed = (folder / f"{path.stem}.failed.ipynb").exists()
        why = "failed when it was run; its stored outputs are shown" if failed else ""
        return Current(stored, path, f"{path.stem} {why}" if why else "")
    try:
        ran = read(copy_of_run)
    except BrokenFile:
        return Current(stored, path, f"{copy_of_run} cannot be read: tl run {path.stem}")
    if source_hash(ran) != source_hash(stored):
        note = f"{path.stem} was changed since it was run: tl run {path.stem}"
        return Current(stored, path, note)
    if any(map(is_injected, ran.cells)):
        note = f"{path.stem} was run with other parameters; its stored outputs are shown"
        return Current(stored, path, note)
    for cell, done in zip(stored.cells, ran.cells, strict=True):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = done.outputs, done.execution_count
    return Current(stored, copy_of_run, "")


def title(notebook: Any, name: str) -> str:
    """The first heading of a notebook, or its name.

    Example:
        >>> [path] = find(["00_start_here"])
        >>> notebook = read(path)
        >>> title(notebook, "00_start_here")[:10]
        'Start here'
    """
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            for line in cell.source.splitlines():
                if line.startswith("# "):
                    return str(line[2:].strip())
    return name


def tidy(notebook: Any) -> Any:
    """A copy without what a run leaves by the way: timings, papermill's notes, widget state.

    Example:
        >>> [path] = find(["00_start_here"])
        >>> notebook = read(path)
        >>> "widgets" in tidy(notebook).metadata
        False
    """
    clean = copy.deepcopy(notebook)
    clean.metadata.pop("papermill", None)
    clean.metadata.pop("widgets", None)
    clean.metadata["kernelspec"] = dict(KERNEL)
    clean.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    for cell in clean.cells:
        for key in _NOISE:
            cell.metadata.pop(key, None)
        if not cell.metadata.get("tags", True):
            del cell.metadata["tags"]
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
        if cell.cell_type == "code":
            cell.outputs = [o for o in cell.outputs if "data" not in o or o["data"]]
    return clean


def stamp(executed: Any, seconds: float) -> Any:
    """What ``tl refresh`` stores: tidy, with the hash of the sources and the seconds it took.

    Example:
        >>> [path] = find(["00_start_here"])
        >>> notebook = read(path)
        >>> stamp(notebook, 41.84).metadata.tl.run_seconds
        41.8
    """
    clean = tidy(executed)
    clean.cells = [c for c in clean.cells if not is_injected(c)]
    clean.metadata["tl"] = {
        **clean.metadata.get("tl", {}),
        "source_sha256": source_hash(clean),
        "run_seconds": round(seconds, 1),
    }
    return clean


def problems(path: str | os.PathLike[str]) -> list[str]:
    """Everything that must not be in a stored notebook; an empty list if all is well.

    Checked: outputs belong to the sources, cells were run in order and without an error, one
    ``parameters`` cell with the usual defaults, known tags, pictures have alt text and are light,
    no widget state, the kernel is ``python3``.

    Example:
        >>> problems(path)  # doctest: +SKIP
        ['00_start_here: cell 5: was not run']
    """
    notebook = read(path)
    name = Path(path).stem
    faults = [*_stored(notebook, name), *_parameter_cell(notebook)]
    if notebook.metadata.get("kernelspec", {}).get("name") != "python3":
        faults.append("the kernel is not python3")
    if "widgets" in notebook.metadata:
        faults.append("widget state is stored (metadata.widgets)")
    for number, cell in enumerate(notebook.cells, 1):
        faults += [f"cell {number}: {text}" for text in _cell_problems(cell)]
    return [f"{name}: {text}" for text in faults]


def warnings(path: str | os.PathLike[str]) -> list[str]:
    """What one should look at again: long code cells in sight, messages on stderr, a heavy file.

    Example:
        >>> warnings(path)  # doctest: +SKIP
        ['00_start_here: cell 9: writes to stderr']
    """
    remarks = []
    for number, cell in enumerate(read(path).cells, 1):
        lines = len(cell.source.strip().splitlines())
        folded = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        if cell.cell_type == "code" and lines > CODE_LINES and not folded:
            remarks.append(f"cell {number}: {lines} lines of code (aim for {CODE_LINES})")
        if any(o.get("name") == "stderr" for o in cell.get("outputs", [])):
            remarks.append(f"cell {number}: writes to stderr")
    size = Path(path).stat().st_size
    if size > 2**21:
        remarks.append(f"the file has {size / 2**20:.1f} MB (aim for 2)")
    return [f"{Path(path).stem}: {text}" for text in remarks]


def _stored(notebook: Any, name: str) -> Iterator[str]:
    recorded = notebook.metadata.get("tl", {}).get("source_sha256")
    if recorded != source_hash(notebook):
        state = "were made by other sources" if recorded else "are not stored"
        yield f"its outputs {state}; run: tl refresh {name}"
    counts = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        if cell.execution_count is not None:
            counts.append(cell.execution_count)
        elif "hub-only" not in cell.metadata.get("tags", []):
            yield f"cell {number}: was not run"
    if counts != list(range(1, len(counts) + 1)):
        yield f"cells were not run in order, once each: {counts}"


def _parameter_cell(notebook: Any) -> Iterator[str]:
    tagged = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
    if len(tagged) != 1:
        yield f"{len(tagged)} cells are tagged 'parameters'; there must be exactly one"
        return
    known = parameters(notebook)
    for key, expected in {"PROFILE": "course", "SEED": 0}.items():
        if known.get(key) != expected:
            yield f"the parameters cell must say {key} = {expected!r}, not {known.get(key)!r}"
    if len(known) > 5:
        yield f"{len(known) - 2} knobs of its own; at most three"


def _cell_problems(cell: Any) -> Iterator[str]:
    for tag in cell.metadata.get("tags", []):
        if tag not in TAGS:
            yield f"unknown tag {tag!r} (known: {', '.join(TAGS)})"
    if cell.cell_type == "markdown":
        if any(not alt.strip() for alt in _MARKDOWN_IMAGE.findall(cell.source)):
            yield "a picture without alt text"
        yield from _html_problems(cell.source)
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            yield f"its output is an error: {output.ename}: {output.evalue}"
        data = output.get("data", {})
        if WIDGET_VIEW in data:
            yield "a widget view is stored"
        html = data.get("text/html", "")
        yield from _html_problems(html)
        if "image/png" in data:
            yield from _png_problems(data["image/png"])
            alt = output.metadata.get("image/png", {}).get("alt") or output.metadata.get("alt")
            if not alt and not _ALT.search(html):
                yield "a picture without alt text"
        if "image/svg+xml" in data:
            yield from _html_problems(data["image/svg+xml"])


def _html_problems(html: str) -> Iterator[str]:
    if any(not _ALT.search(tag) for tag in _IMG.findall(html)):
        yield "a picture (<img>) without alt text"
    if "<svg" in html and not re.search(r"<title|aria-label|aria-hidden", html):
        yield "a drawing (<svg>) without a <title> or aria-label"
    for encoded in _DATA_PNG.findall(html):
        yield from _png_problems(encoded)


def _png_problems(encoded: str) -> Iterator[str]:
    size = len("".join(encoded.split())) * 3 // 4
    if size > PNG_BYTES:
        yield f"a PNG of {size / 1024:.0f} KB (at most {PNG_BYTES // 1024})"
