"""One door for data: ``load(name)`` gives a ``datasets.Dataset``, whatever the source.

The names stand in the catalogue (:func:`catalogue`): the generated town, texts written one by one
for this course, the documentation of the installed libraries, the shelf of what a package registry
carries, and public benchmarks from the Hub.
Columns have proper features everywhere: labels carry their names.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tl_helpers.core import checks, files
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName
from tl_helpers.data import hub, registry, tables
from tl_helpers.data.registry import Entry
from tl_helpers.data.samples import balanced as balanced
from tl_helpers.data.samples import draw

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict, Features

    Rows: TypeAlias = Dataset | DatasetDict
    Kind: TypeAlias = str | list[str] | Mapping[str, "Kind"]  # of a column, see `features`

SPLITS = ("train", "validation", "test")  # what the rows of a written collection may belong to
#: First document of each split of the town. Documents are numbered, so splits never share one.
TOWN_STARTS = {"train": 0, "test": 1 << 30}


def catalogue() -> list[Entry]:
    """Every data set that :func:`load` knows, with source, licence, size and citation.

    Example:
        >>> [entry.name for entry in catalogue()][:2]
        ['town', 'reviews']
    """
    return list(registry.entries("dataset").values())


def load(name: str, split: str | None = None, **options: Any) -> Rows:
    """Load a data set of the catalogue.

    Args:
        name: a name in the catalogue, such as ``"town"``, ``"reviews"`` or ``"sst2"``.
        split: one split as a ``Dataset``; without it all splits as a ``DatasetDict``.
        **options: for ``"town"``: ``n`` (documents for training, 2,000), ``n_test`` (documents for
            testing, 500), ``level`` (``"document"``, ``"sentence"`` or ``"parallel"``),
            ``language`` (``"english"`` or ``"ondalese"``), ``seed`` and the dials of
            :class:`tl_helpers.town.Town`. For written data: a column and the value to keep, such
            as ``domain="film"``; of a column of lists, as ``traits="irony"``, the rows whose list
            has the value; a split without such rows is left out. For ``"docstrings"``:
            ``raw=True`` (markup and code as they stand) and ``libraries`` (some only, by the name
            they are imported with). For ``"ratings"``: as for written data, and ``clear=True`` (two
            classes: only sentences with a mean rating of 0.5 or more on one side). For
            ``"intents"``: ``language`` (one code, or a list), ``n`` (sentences a template) and
            ``seed``. For ``"cldr"``: the languages ``source`` and ``target``.

    Raises:
        UnknownName: no such data set, split or option.
        BadValue: a value that an option cannot have, such as a dial out of range, or one that no
            row has.
        BrokenFile: a shipped file was changed, or is malformed.
        NoNetwork: the data has to be downloaded and cannot be; names what works offline.
        NotHere: a piece of the shelf that has not been fetched; says how to.
        CourseError: disk full or read-only while caching; nothing half-written stays behind.

    Example:
        >>> len(load("reviews", "train", domain="film"))
        144
        >>> len(load("reviews-translated", "test", language="de"))
        120
        >>> load("town", n=100, seed=3)["train"]["text"][0][:16]
        'I recorded the C'
    """
    entry = registry.find("dataset", name)
    reader = {
        "town": _load_town,
        "written": _load_written,
        "docstrings": _load_docstrings,
        "shelf": _load_shelf,
        "installed": _load_names,
        "hub": _load_hub,
    }[entry.kind]
    return reader(entry, split, options)


def read_jsonl(path: str | os.PathLike[str], fields: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Read a file with one JSON object per line; blank lines are skipped.

    Args:
        path: the file, UTF-8.
        fields: names that every object must have.

    Raises:
        BrokenFile: missing, empty, not UTF-8, a line that is not a JSON object, or a field that
            is missing; names the file and the line.

    Example:
        >>> read_jsonl(files.shipped("written/facts.jsonl"), ["id"])[0]["id"]
        'fact-01'
    """
    path, fields = files.place(path), checks.texts(fields, "fields", empty=True)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise BrokenFile(f"{path} does not exist.", "Check the path.") from None
    except OSError as error:
        raise BrokenFile(f"{path} cannot be read: {error.strerror}.", "Check the path.") from None
    except UnicodeDecodeError as error:
        bad = error.object[: error.start].count(b"\n") + 1
        raise BrokenFile(f"{path}, line {bad}: not UTF-8.", "Save the file as UTF-8.") from None
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise BrokenFile(
                f"{path}, line {number}: not valid JSON ({_what(error)}).",
                "Put one complete JSON object on each line.",
            ) from None
        if not isinstance(row, dict):
            raise BrokenFile(
                f"{path}, line {number}: {type(row).__name__} instead of an object.",
                'Put one JSON object on each line: {"text": ..., "label": ...}.',
            )
        if missing := [field for field in fields if field not in row]:
            raise BrokenFile(
                f"{path}, line {number}: no field {', '.join(map(repr, missing))}.",
                f"Each line needs: {', '.join(fields)}.",
            )
        if _HALF.search(line):
            _refuse_halves(row, f"{path}, line {number}")
        rows.append(row)
    if not rows:
        raise BrokenFile(f"{path} is empty.", "Put one JSON object on each line.")
    return rows


_HALF = re.compile(r"\\u[dD][89a-fA-F]")  # JSON writes half a pair of surrogates like this


def _refuse_halves(row: dict[str, Any], place: str) -> None:
    """Raise a BrokenFile where an object holds half a character."""
    for key, value in row.items():
        for text in (key, json.dumps(value, ensure_ascii=False)):
            try:
                text.encode("utf-8")
            except UnicodeEncodeError as error:
                raise BrokenFile(
                    f"{place}: the field {key!r} holds half a character, "
                    f"{error.object[error.start]!r}.",
                    "Something cut its text in the middle of an emoji or the like; mend it with "
                    'text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").',
                ) from None


def _what(error: Exception) -> str:
    """Why a line is not JSON; Python has no error of JSON's own for the rarer reasons."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg}, column {error.colno}"
    if isinstance(error, RecursionError):
        return "too many brackets in one another"
    return "a number with too many digits"


def features(columns: Mapping[str, Kind]) -> Features:
    """Features from the catalogue's little language.

    ``"string"`` (or ``"int32"``, ``"float32"`` ...) is a plain value, a list of names is a
    ``ClassLabel``, and ``{"each": ...}`` is a sequence of either.

    Example:
        >>> features({"label": ["bad", "good"]})
        {'label': ClassLabel(names=['bad', 'good'])}
    """
    from datasets import ClassLabel, Features, Sequence, Value

    def one(kind: Kind) -> Any:
        if isinstance(kind, Mapping):
            return Sequence(one(kind["each"]))
        return Value(kind) if isinstance(kind, str) else ClassLabel(names=kind)

    return Features({name: one(kind) for name, kind in columns.items()})


def sample(dataset: Dataset, n: int, seed: int = 0, label: str = "label") -> Dataset:
    """``n`` rows, as balanced over the classes as ``n`` allows: one point of a learning curve.

    The samples of one seed are nested: the first 8 rows of a sample of 16 are the sample of 8.
    Take this one for a data set. :func:`balanced` is for labels alone and gives row numbers; with
    the same seed it draws *other* rows, since it has another generator of random numbers and
    keeps the classes in the same order in each round. Stored results rest on both draws, so within
    one comparison use one of them.

    Args:
        dataset: any data set with a column of classes.
        n: number of rows.
        seed: another seed, another sample; the same seed, the same sample on every machine.
        label: the column of classes.

    Raises:
        BadValue: no Dataset, ``n`` is not positive, some class has not enough rows, or ``seed`` is
            no seed.
        UnknownName: there is no such column.

    Example:
        >>> sum(sample(load("reviews", "train"), 8, seed=1)["label"])
        4
    """
    import numpy as np

    _refuse_other_tables(dataset)
    checks.known("column", label, dataset.column_names)
    # RandomState, because its stream is guaranteed never to change.
    rng = np.random.RandomState(checks.seed(seed))
    return dataset.select(draw(dataset.with_format(None)[label][:], n, rng, mixed=True))


def _refuse_other_tables(dataset: Any) -> None:
    """Raise a BadValue for what is no Dataset, with the call that makes one of it."""
    from datasets import Dataset, DatasetDict, IterableDataset

    if isinstance(dataset, Dataset):
        return
    do = "Load one: data.load(name, split)."
    if isinstance(dataset, DatasetDict):
        do = f"Take one split of it: dataset[{next(iter(dataset), 'train')!r}]."
    elif isinstance(dataset, IterableDataset):
        do = "Take as many rows as memory holds: Dataset.from_list(list(dataset.take(10_000)))."
    elif hasattr(dataset, "iloc"):
        do = "Make one: datasets.Dataset.from_pandas(dataset)."
    elif isinstance(dataset, list | tuple):
        do = "Of rows make one: datasets.Dataset.from_list(rows); of labels alone: data.balanced."
    elif isinstance(dataset, Mapping):
        do = "Make one: datasets.Dataset.from_dict(dataset)."
    raise BadValue(f"dataset is a {type(dataset).__name__}, no Dataset.", do)


def _load_town(entry: Entry, split: str | None, options: dict[str, Any]) -> Rows:
    from datasets import DatasetDict

    from tl_helpers import town
    from tl_helpers.town import tables as levels

    about: dict[str, Any] = {
        "level": "document",
        "language": "english",
        "seed": 0,
        "n": 2_000,
        "n_test": 500,
    }
    for name in options:
        checks.known(f"option of {entry.name!r}", name, [*about, *town.DIALS])
    about |= options
    level = checks.known("level", about.pop("level"), levels.LEVELS)
    language = checks.known("language of the town", about.pop("language"), levels.LANGUAGES)
    most = town.MOST_DOCUMENTS
    sizes = {
        "train": checks.whole(about.pop("n"), "n", high=most),
        "test": checks.whole(about.pop("n_test"), "n_test", high=most),
    }
    _check_split(split, list(sizes))
    made = town.Town(**about)
    wanted = list(sizes) if split is None else [split]
    rows = {
        name: made.corpus(sizes[name], start=TOWN_STARTS[name]).to_dataset(level, language)
        for name in wanted
    }
    return DatasetDict(rows) if split is None else rows[split]


def _load_docstrings(entry: Entry, split: str | None, options: dict[str, Any]) -> Rows:
    from tl_helpers.data import docstrings

    for name in options:
        checks.known(f"option of {entry.name!r}", name, ("raw", "libraries"))
    _check_split(split, docstrings.SPLITS)
    corpus = docstrings.load(**options)
    return corpus if split is None else corpus[split]


def _load_written(entry: Entry, split: str | None, options: dict[str, Any]) -> Rows:
    if "language" in options and "language" not in entry.features:
        _refuse_language(entry)
    path = files.shipped(entry.path)
    rows = read_jsonl(path, fields=[*entry.features, "split"])
    return _as_data(entry, path, rows, split, options)


def _refuse_language(entry: Entry) -> None:
    """Raise an UnknownName where the languages of a collection are data sets of their own."""
    family, known = entry.name.partition("-")[0], registry.entries("dataset")
    others = [n for n in known if n != entry.name and (n == family or n.startswith(f"{family}-"))]
    if others:
        raise UnknownName(
            f"column of {entry.name!r}",
            "language",
            entry.features,
            f"It is in one language. Other languages are data sets of their own: "
            f"{', '.join(others)}.",
        )


def _load_shelf(entry: Entry, split: str | None, options: dict[str, Any]) -> Rows:
    from tl_helpers.data import intents, ratings, shelf

    place = shelf.folder(entry)
    if entry.name == "intents":
        for name in options:
            checks.known(f"option of {entry.name!r}", name, ("language", "n", "seed"))
        return _as_data(entry, place, list(intents.rows(place, **options)), split, {})
    path = place / ratings.FILE
    rows = read_jsonl(path, fields=[*entry.features, "split"])
    options = dict(options)
    clear = options.pop("clear", False)
    if clear:
        rows = [row for row in rows if row["label"] != ratings.LABELS[1]]
        two = [label for label in ratings.LABELS if label != ratings.LABELS[1]]
        entry = entry.model_copy(update={"features": {**entry.features, "label": two}})
    return _as_data(entry, path, rows, split, options)


def _load_names(entry: Entry, split: str | None, options: dict[str, Any]) -> Rows:
    from tl_helpers.data import names

    for name in options:
        checks.known(f"option of {entry.name!r}", name, ("source", "target"))
    return _as_data(entry, Path(entry.wheel), list(names.rows(**options)), split, {})


def _as_data(
    entry: Entry, path: Path, rows: list[dict[str, Any]], split: str | None, options: dict[str, Any]
) -> Rows:
    """Rows with their ``split`` as a data set; the options keep some."""
    from datasets import Dataset, DatasetDict

    columns = entry.features
    for name in options:
        checks.known(f"column of {entry.name!r}", name, columns)
    names = list(dict.fromkeys(row["split"] for row in rows))
    if odd := next((name for name in names if name not in SPLITS), None):
        raise BrokenFile(
            f"{path} has rows of a split {odd!r}, which no lesson would ever see.",
            f"Call the splits {', '.join(SPLITS)}.",
        )
    _check_split(split, names)  # before any row is left out
    for column, wanted in options.items():
        rows = list(filter(_keep(column, columns[column], wanted), rows))
    wanted_names = names if split is None else [split]
    parts = {name: [row for row in rows if row["split"] == name] for name in wanted_names}
    if not any(parts.values()):
        said = " and ".join(f"{column}={wanted!r}" for column, wanted in options.items())
        where = f" in the split {split!r}" if split is not None else ""
        raise BadValue(
            f"No row of {entry.name!r}{where} has {said}.",
            f"Load it without {', '.join(options)} and look at what there is.",
        )
    schema = features(columns)
    made = {}
    for name, chosen in parts.items():
        if not chosen:
            continue
        table = {column: [row[column] for row in chosen] for column in columns}
        try:
            made[name] = Dataset.from_dict(table, features=schema, split=name)
        except (ValueError, TypeError, OSError) as error:
            raise BrokenFile(
                f"{path} has a value that does not fit its column: {error}",
                "Correct the file; the classes of each column stand in data/catalogue.toml.",
            ) from None
    return DatasetDict(made) if split is None else made[split]


def _keep(column: str, kind: Kind, wanted: Any) -> Callable[[dict[str, Any]], bool]:
    """Which rows an option keeps: those with the value, or with the value in their list.

    A whole list may be asked for, too, such as ``[]``: rows that have just this one.

    Raises:
        UnknownName: it is none of the classes of the column.
    """
    lists = isinstance(kind, Mapping)
    whole = lists and isinstance(wanted, list)
    choices = kind["each"] if isinstance(kind, Mapping) else kind
    if isinstance(choices, list):
        for value in wanted if whole else [wanted]:
            checks.known(column, value, choices)
    if lists and not whole:
        return lambda row: isinstance(row[column], list) and wanted in row[column]
    return lambda row: row[column] == wanted


def _load_hub(entry: Entry, split: str | None, options: dict[str, Any]) -> Rows:
    from datasets import DatasetDict

    for name in options:
        checks.known(f"option of {entry.name!r}", name, ())
    _check_split(split, list(entry.files))
    # Everything at once even for one split: what was announced is what is downloaded.
    folder = hub.folder(entry, list(entry.files.values()), repo_type="dataset")
    chosen = entry.files if split is None else {split: entry.files[split]}
    made = {name: _parquet(entry, folder, name, pattern) for name, pattern in chosen.items()}
    return DatasetDict(made) if split is None else made[split]


def _parquet(entry: Entry, folder: Path, split: str, pattern: str) -> Dataset:
    import pyarrow as pa

    try:
        dataset = tables.read_parquet(sorted(folder.glob(pattern)), split)
    except (pa.ArrowException, ValueError):
        raise BrokenFile(
            f"The cached files of {entry.name!r} in {folder} are damaged.",
            f"Remove that folder's repository ({folder.parents[1]}) and load it again.",
        ) from None
    except OSError as error:
        raise BrokenFile(
            f"The cached files of {entry.name!r} in {folder} cannot be read: "
            f"{error.strerror or error}.",
            "See whether that folder is yours, and whether its disk is there.",
        ) from None
    dataset = dataset.rename_columns(entry.rename) if entry.rename else dataset
    for column, wanted in features(entry.features).items():
        if dataset.features[column] != wanted:
            dataset = dataset.cast_column(column, wanted)
    return dataset


def _check_split(split: str | None, known: Sequence[str]) -> None:
    if split is not None:
        checks.known("split", split, known)
