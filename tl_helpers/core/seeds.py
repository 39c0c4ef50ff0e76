"""Seeds as people write them."""

from __future__ import annotations

from tl_helpers.core.errors import BadValue


def parse_seeds(text: str) -> list[int]:
    """Read ``"100:105"`` (100 to 104, as in Python), ``"3"`` or ``"1,4,7"``.

    Raises:
        BadValue: anything else, no seed at all, or one twice.

    Example:
        >>> parse_seeds("100:105"), parse_seeds("1,4,7")
        ([100, 101, 102, 103, 104], [1, 4, 7])
    """
    try:
        if ":" in text:
            low, high = (int(part) for part in text.split(":"))
            seeds = list(range(low, high))
        else:
            seeds = [int(part) for part in text.split(",")]
    except ValueError:
        seeds = []
    if not seeds or min(seeds) < 0:
        raise BadValue(
            f"The seeds {text!r} cannot be read.",
            "Write a range as 100:105 (that is 100 to 104), or a list as 1,4,7.",
        )
    if len(set(seeds)) < len(seeds):
        twice = next(seed for seed in seeds if seeds.count(seed) > 1)
        raise BadValue(
            f"The seeds {text!r} name {twice} more than once.",
            "Name each seed once: one experiment counted twice makes its interval too narrow.",
        )
    return seeds
