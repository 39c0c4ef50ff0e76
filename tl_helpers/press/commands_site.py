"""``tl site``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.option("--output", type=click.Path(path_type=Path), help="Folder of the site (build/site).")
@click.option("--runs", type=click.Path(path_type=Path), help="Where tl run wrote to (build).")
def site(output: Path | None, runs: Path | None) -> None:
    """Build the site from the notebooks as last run; it opens from disk, without a network."""
    from tl_helpers.press.site import build

    click.echo("Building the site ...")
    built = build(output, runs)
    for note in built.notes:
        click.echo(f"  note: {note}")
    stored = [page.name for page in built.pages if not page.executed]
    if stored:
        click.echo(f"  note: as stored, not run here: {', '.join(stored)}")
    click.echo(f"The site is ready ({built.seconds:.0f} s). Open: {built.index}")
