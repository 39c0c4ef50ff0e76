"""The README's picture, from stored results: ``python -m tl_lessons.start_here.pictures``."""

from __future__ import annotations

from tl_helpers.core import files
from tl_helpers.measure import evaluate, results
from tl_helpers.show import plots


def first_transfer() -> bytes:
    """Frozen features of the town, a minute of reading against none, as PNG."""
    stored = results.load("town-one-minute")
    sizes = sorted({row["labels"] for row in stored.rows if row["measure"] == "accuracy"})
    curves = {
        name: evaluate.curve(
            {
                n: stored.values(
                    "value", measure="accuracy", labels=n, start=start, mode="features"
                )
                for n in sizes
            }
        )
        for name, start in {"a minute of reading": "pre-trained", "no reading": "random"}.items()
    }
    return plots.png(plots.learning_curve(curves, chance=0.5))


def main() -> None:
    """Write ``data/pictures/first-transfer.png`` and list it in ``data/SHA256SUMS``."""
    with files.atomic_file(files.data_dir() / "pictures" / "first-transfer.png") as path:
        path.write_bytes(first_transfer())
    files.write_checksums("pictures")


if __name__ == "__main__":
    main()
