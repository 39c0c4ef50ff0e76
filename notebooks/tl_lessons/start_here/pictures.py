"""The README's picture, from stored results: ``python -m tl_lessons.start_here.pictures``."""

from __future__ import annotations

from tl_helpers.core import files
from tl_helpers.measure import results
from tl_helpers.show import plots


def first_transfer() -> bytes:
    """Frozen features of the town, a minute of reading against none, as PNG."""
    runs = results.load("town-one-minute").table.query(
        "measure == 'accuracy' and mode == 'features'"
    )
    names = {"random": "random weights"}
    figure = plots.curve(
        runs.replace({"start": names}),
        x="labels",
        y="value",
        colour="start",
        dots=True,
        chance=0.5,
        xlabel="labelled examples",
        ylabel="accuracy",
    )
    return plots.png(figure)


def main() -> None:
    """Write ``data/pictures/first-transfer.png`` and list it in ``data/SHA256SUMS``."""
    with files.atomic_file(files.data_dir() / "pictures" / "first-transfer.png") as path:
        path.write_bytes(first_transfer())
    files.write_checksums("pictures")


if __name__ == "__main__":
    main()
