"""Sentences that people have rated, in four domains: a piece of the shelf.

Each was rated by fifteen people or more, from -4 (extremely negative) to 4 (extremely positive);
all their single ratings are here (Hutto and Gilbert 2014).
"""

from __future__ import annotations

import ast
import hashlib
import html
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tl_helpers.core.errors import BrokenFile

FILE = "ratings.jsonl"
#: A mean rating at least this far from zero is an opinion; nearer to it, raters did not agree.
CLEAR = 0.5
LABELS = ("negative", "unclear", "positive")
#: Domain -> the beginning of its two files: texts, and ratings.
DOMAINS = {
    "film": "movieReviewSnippets",
    "product": "amazonReviewSnippets",
    "news": "nytEditorialSnippets",
    "tweet": "tweets",
}
_FOLDER = "hutto_ICWSM_2014"
_TEXTS, _RATINGS = "GroundTruth", "anonDataRatings"


def convert(source: Path, target: Path) -> None:
    """Write ``ratings.jsonl`` from the package's ``ratings.tar.gz``.

    Left out are texts that came before, and those of which the stated mean is not the mean of the
    stated ratings (199 tweets), as nobody can say to which text these belong.

    Raises:
        BrokenFile: the archive is not the known one.

    Example:
        >>> convert(Path("taken"), Path("made"))  # doctest: +SKIP
    """
    archive = source / "ratings.tar.gz"
    seen: set[str] = set()
    with (target / FILE).open("w", encoding="utf-8", newline="\n") as stream:
        for domain in DOMAINS:
            for row in _rows(archive, domain):
                same = row["text"].casefold()
                if same not in seen:
                    seen.add(same)
                    stream.write(json.dumps(row, ensure_ascii=False) + "\n")


def _rows(archive: Path, domain: str) -> Iterator[dict[str, Any]]:
    texts, rated = (_table(archive, f"{DOMAINS[domain]}_{end}.txt") for end in (_TEXTS, _RATINGS))
    ratings = {row[0]: ast.literal_eval(row[3].strip()) for row in rated}
    for number, stated, text in texts:
        given = ratings[number]
        mean = sum(given) / len(given)
        if abs(mean - float(stated)) > 1e-3:
            continue
        spread = (sum((one - mean) ** 2 for one in given) / len(given)) ** 0.5
        yield {
            "id": f"{domain}-{number}",
            "domain": domain,
            "text": " ".join(html.unescape(text).split()),
            "label": label(mean),
            "rating": round(mean, 4),
            "spread": round(spread, 4),
            "ratings": given,
            "split": _split(domain, number),
        }


def label(mean: float) -> str:
    """What a mean rating says.

    Example:
        >>> label(-1.2), label(0.1)
        ('negative', 'unclear')
    """
    return LABELS[1] if abs(mean) < CLEAR else LABELS[2 if mean > 0 else 0]


def _split(domain: str, number: str) -> str:
    """A third is for testing; sentences of one article stay together (of films unknown)."""
    document = number.partition("_")[0]
    return (
        "test" if hashlib.sha256(f"{domain}/{document}".encode()).digest()[0] % 3 == 0 else "train"
    )


def _table(archive: Path, name: str) -> list[list[str]]:
    try:
        with tarfile.open(archive) as tar:
            stream = tar.extractfile(f"{_FOLDER}/{name}")
            text = stream.read().decode("utf-8-sig") if stream else ""
    except (KeyError, tarfile.TarError, EOFError) as error:
        raise BrokenFile(
            f"{archive.name} has no readable {name} ({error}).",
            "Report it to the authors of the course.",
        ) from None
    return [line.split("\t") for line in text.splitlines() if line.strip()]
