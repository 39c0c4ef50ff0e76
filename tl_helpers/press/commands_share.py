"""The ``tl`` commands for handing notebooks on: student copies, the bootstrap cell, the links."""

from __future__ import annotations

import sys
from pathlib import Path

import click


def add_to(group: click.Group) -> None:
    """Register the commands of this module."""
    for command in (clean, bootstrap, badges):
        group.add_command(command)


@click.command()
@click.argument("notebooks", nargs=-1)
@click.option("--output", type=click.Path(path_type=Path), help="Folder to write to (student).")
@click.option(
    "--changed",
    type=click.Choice(["ask", "beside", "skip", "replace"]),
    help="What to do about a copy that was worked in; asked in a terminal, otherwise 'beside'. "
    "'replace' keeps it under another name.",
)
def clean(notebooks: tuple[str, ...], output: Path | None, changed: str | None) -> None:
    """Write copies for students: without outputs and solutions, never over anybody's work."""
    from tl_helpers.press import student

    if changed is None:
        changed = "ask" if sys.stdin.isatty() else "beside"

    def choose(path: Path) -> str:
        return changed if changed != "ask" else _ask(path)

    for copy in student.write(notebooks, output, choose):
        kept = f"   (yours is {copy.kept})" if copy.kept and copy.status != "skipped" else ""
        click.echo(f"{copy.status:9} {copy.path}{kept}")


def _ask(path: Path) -> str:
    from tl_helpers.press import student

    click.echo(f"{path} is not as it was written: somebody has worked in it.")
    for choice, meaning in student.CHOICES.items():
        click.echo(f"  {choice:8} {meaning}")
    return str(
        click.prompt("What now?", type=click.Choice(list(student.CHOICES)), default="beside")
    )


@click.command()
@click.argument("notebooks", nargs=-1)
@click.option("--source", "place", help="What pip installs where the package is missing.")
def bootstrap(notebooks: tuple[str, ...], place: str | None) -> None:
    """Write the cell that finds or installs the package into notebooks (for authors)."""
    from tl_helpers.press import bootstrap as room
    from tl_helpers.press import notebooks as files

    paths = files.find(notebooks)
    before = {path: files.read(path) for path in paths}
    after = {path: room.apply(before[path], path.stem, place) for path in paths}
    for path in paths:
        if after[path] == before[path]:
            click.echo(f"unchanged {path}")
            continue
        files.write(after[path], path)
        stale = after[path].metadata.get("tl", {}).get("source_sha256") != files.source_hash(
            after[path]
        )
        click.echo(f"written   {path}" + f"   (next: tl refresh {path.stem})" * stale)


@click.command()
@click.argument("notebooks", nargs=-1)
@click.option("--repo", metavar="OWNER/NAME", help="On GitHub; by default the git remote origin.")
@click.option("--branch", default="main", show_default=True, help="The branch that is shown.")
@click.option("--site", default="", metavar="URL", help="Of the built site; {name}: the notebook.")
@click.option("--remove", is_flag=True, help="Take the links and the place out again.")
def badges(
    notebooks: tuple[str, ...], repo: str | None, branch: str, site: str, remove: bool
) -> None:
    """Write the links to Colab, Binder and the site into notebooks, and where to install from."""
    from tl_helpers.press import badges as room

    where = None if remove else room.home(repo, branch, site)
    for path, different in room.write(notebooks, where).items():
        click.echo(f"{'written  ' if different else 'unchanged'} {path}")
    if where is not None:
        click.echo(f"The links lead to {where.owner}/{where.name}, branch {where.branch}.")
