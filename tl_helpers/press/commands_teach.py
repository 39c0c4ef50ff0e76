"""Commands for those who teach: ``tl slides`` and ``tl sessions``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("names", nargs=-1, metavar="[NOTEBOOK|THEME ...]")
@click.option("--output", type=click.Path(path_type=Path), help="Folder of the run (build).")
def slides(names: tuple[str, ...], output: Path | None) -> None:
    """Cut slide decks from executed notebooks: all notebooks and themes by default."""
    from tl_helpers.press import kits
    from tl_helpers.press import slides as room

    decks = kits.with_sessions(room.choose(names, output))
    paths = room.write(decks, output)
    for deck, path in zip(decks, paths, strict=True):
        sources = ", ".join(str(source) for source in deck.sources)
        click.echo(f"{path}: {len(deck.slides)} slides, cut from {sources}")
    click.echo(f"\nOpen {paths[0].parent / 'index.html'}; in a deck, S is the speaker's view.")


@click.command()
@click.argument("themes", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; fail if a kit is out of date.")
def sessions(themes: tuple[str, ...], check: bool) -> None:
    """Fill the session kits of THEMES from the notebooks; the site has a page of each to print."""
    from tl_helpers.press import kits

    for path in kits.update(themes, check):
        page = f"build/site/sessions/{path.stem}.html"
        click.echo(
            f"{path} is up to date" if check else f"wrote {path} (to print: tl site, {page})"
        )
