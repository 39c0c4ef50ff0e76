"""Commands for those who teach: ``tl slides`` and ``tl sessions``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("names", nargs=-1, metavar="[NOTEBOOK|THEME ...]")
@click.option("--output", type=click.Path(path_type=Path), help="Folder of the run (build).")
def slides(names: tuple[str, ...], output: Path | None) -> None:
    """Cut slide decks from executed notebooks: all notebooks and themes by default."""
    from tl_helpers.press import slides as room

    made = room.build(names, output)
    for deck in made:
        sources = ", ".join(str(path) for path in deck.source)
        click.echo(f"{deck.path}: {deck.slides} slides, cut from {sources}")
    click.echo(f"\nOpen {made[0].path.parent / 'index.html'}; in a deck, S is the speaker's view.")


@click.command()
@click.argument("themes", nargs=-1)
@click.option("--output", type=click.Path(path_type=Path), help="Folder of the run (build).")
@click.option("--check", is_flag=True, help="Write nothing; fail if a kit is out of date.")
def sessions(themes: tuple[str, ...], output: Path | None, check: bool) -> None:
    """Fill the session kits of THEMES from the notebooks, and write pages to print."""
    from tl_helpers.press import session_pages

    for path in session_pages.build(themes, output, check):
        click.echo(f"{path} is up to date" if check else f"wrote {path}")
