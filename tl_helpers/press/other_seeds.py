"""How the claims did on seeds that their authors never looked at.

``tl claims --seeds 100:105 --keep`` runs the notebooks on such seeds and keeps what came out, good
or bad, in ``data/unseen.json``; the site shows it beside what the notebooks say. A claim on a
stored result is kept only if that study was run on the same seeds too: the numbers of its own
seeds say nothing new.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from tl_helpers import town
from tl_helpers.core import files
from tl_helpers.core.errors import BrokenFile
from tl_helpers.measure import claims, results
from tl_helpers.press import report

FILE = "unseen.json"
_KEPT = ("notebook", "effect", "low", "high", "n", "unit", "direction", "minimum", "method")
_WHERE_THERE_IS = {"about": 0.0, "margin": 0.0, "varies": "seeds"}  # what stands for them if not


def keep(records: Iterable[claims.Claim], seeds: Sequence[int]) -> list[str]:
    """Add what was measured on other seeds to ``data/unseen.json``.

    Args:
        records: from ``claims.collect``, of notebooks that ran on ``seeds``.
        seeds: which.

    Returns:
        The ids that were kept; claims on a stored result that was not run on ``seeds`` are not.

    Example:
        >>> keep(report.claims, range(100, 105))[0]  # doctest: +SKIP
        'start-town-16'
    """
    stands = load()  # rows of promises that are no more go
    rows = {id: row for id, row in _rows().items() if id in stands} if stands else {}
    about = {
        "seeds": list(seeds),
        "town": town.VERSION,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": report.environment().get("commit"),
    }
    kept = []
    for claim in records:
        if claim.stored and not results.ran_on(claim.stored, seeds):
            continue
        row = {name: getattr(claim, name) for name in (*_KEPT, "stored", "sentence")}
        row |= {
            name: getattr(claim, name)
            for name, plain in _WHERE_THERE_IS.items()
            if getattr(claim, name) != plain
        }
        rows[claim.id] = row | {"verdict": claim.verdict} | about
        kept.append(claim.id)
    lines = ",\n".join(
        f" {json.dumps(id)}: {json.dumps(row, ensure_ascii=False)}"
        for id, row in sorted(rows.items())
    )
    files.write_text(files.data_dir() / FILE, f"{{\n{lines}\n}}\n")
    files.write_checksums(FILE)
    return kept


def load() -> dict[str, claims.Claim]:
    """What is known of each claim on unseen seeds, by id.

    A row does not count where it was measured on an older town, or where something else is said or
    promised now than then. A course that promises nothing has none.

    Raises:
        BrokenFile: the file was changed, or is no such list.

    Example:
        >>> load()["start-town-16"].verdict
        'supported'
    """
    if FILE not in files.checksums():
        return {}
    files.shipped(FILE)
    promised = claims.registry()
    by_id = {}
    for id, row in _rows().items():
        promise = promised.get(id)
        same = promise is not None and all(
            row.get(name, _WHERE_THERE_IS.get(name)) == getattr(promise, name)
            for name in ("sentence", *claims.BAR)
        )
        if same and promise is not None and row["town"] == town.VERSION:
            known = {f.name for f in fields(claims.Claim)} & set(row)
            values = {name: row[name] for name in known}
            by_id[id] = claims.Claim(id=id, signed=promise.signed, **values)
    return by_id


def _rows() -> dict[str, dict[str, Any]]:
    path = files.data_dir() / FILE
    try:
        rows = json.loads(path.read_text("utf-8"))
        for row in rows.values():
            for name in (*_KEPT, "stored", "seeds", "town"):
                row[name]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenFile(
            f"{path} is no list of claims on unseen seeds ({error}).",
            f"Restore it with: git checkout -- data/{FILE}",
        ) from None
    return dict(rows)
