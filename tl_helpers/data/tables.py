"""Tables on disk, read by their very names.

``datasets`` and the library below it take a path for a pattern, or for a chain of file systems:
brackets, asterisks and two colons in the name of a folder mean something to them. Here a file is
opened and its content handed on, so that a folder may be called what it likes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

_ABOUT = "about.json"


def write(made: DatasetDict, folder: Path) -> None:
    """Write each split into a file of ``folder``, in the format of ``datasets``.

    Example:
        >>> write(corpus, folder)  # and later: read(folder, corpus)  # doctest: +SKIP
    """
    import pyarrow as pa

    folder.mkdir(parents=True, exist_ok=True)
    about = {}
    for name, rows in made.items():
        schema = rows.features.arrow_schema
        table = rows.with_format("arrow")[:].cast(schema)
        with pa.OSFile(str(folder / f"{name}.arrow"), "wb") as sink:
            with pa.ipc.new_stream(sink, schema) as stream:
                stream.write_table(table, max_chunksize=1000)
        about[name] = rows.info.description
    (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")


def read(folder: Path, names: Iterable[str]) -> DatasetDict:
    """The splits that :func:`write` wrote; they stay on disk and are mapped into memory.

    Raises:
        OSError, ValueError, KeyError: a file is missing or damaged.

    Example:
        >>> read(folder, ["train", "test"])["test"][0]  # doctest: +SKIP
        {'text': 'A fine film .', 'label': 1}
    """
    from datasets import Dataset, DatasetDict, DatasetInfo
    from datasets.splits import NamedSplit

    about = json.loads((folder / _ABOUT).read_text("utf-8"))
    return DatasetDict(
        {
            name: Dataset.from_file(
                str(folder / f"{name}.arrow"),
                info=DatasetInfo(description=about[name]),
                split=NamedSplit(name),
            )
            for name in names
        }
    )


def read_parquet(parts: Sequence[Path], split: str) -> Dataset:
    """Parquet files, one after the other, as one split.

    Raises:
        OSError, pyarrow.ArrowException: a file cannot be read, or is damaged.

    Example:
        >>> read_parquet([folder / "train.parquet"], "train").num_rows  # doctest: +SKIP
        960
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets import Dataset
    from datasets.splits import NamedSplit

    tables = []
    for part in parts:
        with open(part, "rb") as stream:
            tables.append(pq.ParquetFile(stream).read())
    return Dataset(pa.concat_tables(tables, promote_options="default"), split=NamedSplit(split))
