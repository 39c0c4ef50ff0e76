"""The ``tl`` command; also ``python -m tl_helpers``."""

from __future__ import annotations

import ast
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tl_helpers import __version__
from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, CourseError, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from tl_helpers.press.report import Report


SECTIONS = {
    "For learners": ("lab", "run", "progress", "doctor", "shelf"),
    "For teachers": ("student", "class", "slides", "kits", "site", "claims"),
    "For authors": (
        "new",
        "refresh",
        "results",
        "checkpoints",
        "data",
        "bootstrap",
        "badges",
        "publish",
        "bench",
    ),
}
"""Who needs a command: the order of ``tl --help``."""


class _Sections(click.Group):
    """Lists its commands by who needs them."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        width = max(map(len, self.commands))
        for section, names in SECTIONS.items():
            rows = [(n.ljust(width), self.commands[n].get_short_help_str(200)) for n in names]
            with formatter.section(section):
                formatter.write_dl(rows)


def _examples(*lines: str) -> str:
    """The end of a help page: lines to copy."""
    return "\n".join(["\b", "Example:" if len(lines) == 1 else "Examples:", *lines])


@click.group(
    cls=_Sections,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_examples(
        "  tl lab               open JupyterLab on your own copies of the notebooks",
        "  tl run 10            run notebook 10; what it showed is in build/notebooks/",
        "  tl doctor            see what works on this machine, and what is missing",
        "  tl COMMAND --help    read more about a command, with examples",
    ),
)
@click.version_option(__version__, prog_name="tl")
def cli() -> None:
    """Run the course on transfer learning in NLP, teach with it, or write for it.

    A notebook is called by its number (10), its name (10_distributional_hypothesis) or its path.
    """


class _Place(click.ParamType):
    """A folder, as everywhere: ``~`` is the home folder."""

    name = "path"

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> Path:
        return files.place(value, param.opts[0] if param else "path")


def _value(text: str) -> Any:
    lowered = text.lower()
    if lowered in ("true", "false"):
        return lowered == "true"
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _parameters(pairs: tuple[str, ...]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for pair in pairs:
        key, sign, text = pair.partition("=")
        if not sign or not key.isidentifier():
            raise BadValue(f"-p {pair} is not a parameter.", "Write -p NAME=VALUE, as -p SEED=3.")
        values[key] = _value(text)
    return values


@cli.command(
    epilog=_examples(
        "  tl run 10                        one notebook",
        "  tl run --profile quick           all of them, in seconds each, on less work",
        "  tl run 10 11 -p SEED=3           two, with another seed",
        "  tl run 10 --profile hub          with real models and data from the Hub",
    )
)
@click.argument("notebooks", nargs=-1)
@click.option(
    "--profile",
    default="course",
    help="How much to compute: quick (seconds), course (what the text speaks of; the default) or "
    "hub (real models and data from the Hub).",
)
@click.option(
    "-p",
    "parameters",
    multiple=True,
    metavar="KEY=VALUE",
    help="Set a parameter of the notebooks. It may be given several times.",
)
@click.option(
    "--jobs",
    type=int,
    help="Run so many notebooks side by side. The default is one for each processor.",
)
@click.option("--output", type=_Place(), help="Write to this folder. The default is build.")
@click.option(
    "--offline/--online",
    default=None,
    help="Refuse the network, or allow it. The profiles quick and course refuse it by default.",
)
def run(
    notebooks: tuple[str, ...],
    profile: str,
    parameters: tuple[str, ...],
    jobs: int | None,
    output: Path | None,
    offline: bool | None,
) -> None:
    """Run NOTEBOOKS, all of them by default, without changing them.

    The executed copies go to build/notebooks/, and what was measured to build/report.json.
    """
    from tl_helpers.press import run as course

    report = course.run(
        notebooks,
        profile=profile,
        parameters=_parameters(parameters),
        jobs=jobs,
        output=output,
        offline=offline,
    )
    _tell_failures(report)
    failed = len(report.failed)
    done = f"{failed} of {len(report.jobs)} failed, after" if failed else "Done in"
    click.echo(f"\n{done} {report.seconds:.0f} s. With outputs: {report.output / 'notebooks'}")
    if failed:
        sys.exit(1)
    if any(job.parameters for job in report.jobs):
        click.echo("The site stays with the stored outputs, as this run had other parameters.")
    else:
        runs = f" --runs {output}" if output else ""
        click.echo(f"To read them as pages: tl site{runs}, which says what to open.")


def _tell_failures(report: Report) -> None:
    for job in report.failed:
        click.echo(f"\n{job.error}", err=True)
        click.echo(f"  -> The partly run copy is {report.copy_of(job)}", err=True)


@cli.command(epilog=_examples("  tl lab", "  tl lab 10"))
@click.argument("notebook", default="00_start_here")
@click.option(
    "--output", type=_Place(), help="Keep the copies in this folder. The default is work."
)
def lab(notebook: str, output: Path | None) -> None:
    """Open JupyterLab on your own copies of the notebooks, in work/.

    The notebooks of the course stay as they are. Where you have worked in a copy and the course
    has changed since, the new one goes beside yours.
    """
    from tl_helpers.press import student as room

    room.open_lab(notebook, output)


@cli.command(
    epilog=_examples(
        "  tl progress                      all exercises",
        "  tl progress 10                   those of one notebook",
        "  tl progress --export 'Ada L.'    the file to hand in",
        "  tl progress --import FILE        done on the site, or on another machine",
    )
)
@click.argument("notebook", required=False)
@click.option("--export", "learner", metavar="NAME", help="Write one file to hand in, under NAME.")
@click.option(
    "--output", type=_Place(), help="Write to this file. The default is progress-NAME.json, here."
)
@click.option(
    "--import",
    "source",
    type=_Place(),
    metavar="FILE",
    help="Mark as done what this file says is done.",
)
def progress(
    notebook: str | None, learner: str | None, output: Path | None, source: Path | None
) -> None:
    """Show which exercises are done, or write it to one file that can be handed in.

    The file has the number of tries and the typical mistakes of each exercise. It does not have
    your answers. Nothing is sent anywhere.
    """
    from tl_helpers import exercises
    from tl_helpers.press import notebooks as room

    if source is not None:
        if notebook or learner is not None or output is not None:
            raise click.UsageError("--import FILE goes alone.")
        new = exercises.merge(source)
        click.echo(f"{new} exercise{'s' * (new != 1)} more {'is' if new == 1 else 'are'} done.")
        return
    if learner is not None:
        if notebook:
            raise click.UsageError("--export writes all notebooks to one file: name none.")
        exercises.export(learner, output)
        return
    if output is not None:
        raise click.UsageError("--output goes with --export NAME.")
    exercises.progress(room.find([notebook])[0].stem if notebook else None)


@cli.command("class", epilog=_examples("  tl class handed-in"))
@click.argument("folder", type=_Place())
def class_(folder: Path) -> None:
    """Show the progress of a class, from a FOLDER of files that learners exported.

    It says who has finished what, which exercises were hard, and which wrong answers were common.
    Each learner makes such a file with tl progress --export NAME. Nothing leaves this machine.
    """
    from tl_helpers.press import classroom as room

    for line in room.lines(folder):
        click.echo(line)


@cli.command(epilog=_examples("  tl refresh 10"))
@click.argument("notebooks", nargs=-1, required=True)
@click.option(
    "--jobs",
    type=int,
    help="Run so many side by side. The default is one, because the time is stored as well.",
)
def refresh(notebooks: tuple[str, ...], jobs: int | None) -> None:
    """Run NOTEBOOKS at the course profile and store the outputs in the notebooks themselves."""
    from tl_helpers.press import notebooks as files
    from tl_helpers.press import run as course

    report = course.refresh(notebooks, jobs)
    _tell_failures(report)
    if report.failed:
        click.echo("Nothing was stored.", err=True)
        sys.exit(1)
    for job in report.jobs:
        click.echo(f"stored {job.path} ({job.seconds:.0f} s)")
        for line in [*files.problems(job.path), *files.warnings(job.path)]:
            click.echo(f"  look at {line}")


@cli.command(
    epilog=_examples(
        "  tl claims 10                     every claim of one notebook",
        "  tl claims --seeds 100:105        all claims, on seeds that nobody has looked at",
        "  tl claims --seeds 100:150 --address tcp://10.0.0.1:8786",
    )
)
@click.argument("notebooks", nargs=-1)
@click.option(
    "--seeds",
    metavar="100:105",
    help="Use these seeds instead of the notebooks' own (five or more).",
)
@click.option("--jobs", type=int, help="Run so many notebooks side by side.")
@click.option("--output", type=_Place(), help="Write to this folder. The default is build/claims.")
@click.option(
    "--keep", is_flag=True, help="Keep what other seeds say, for the site. This is for authors."
)
@click.option(
    "--address",
    metavar="tcp://HOST:PORT",
    help="Compute the runs of the experiments on this Dask cluster.",
)
def claims(
    notebooks: tuple[str, ...],
    seeds: str | None,
    jobs: int | None,
    output: Path | None,
    keep: bool,
    address: str | None,
) -> None:
    """Run the notebooks again and check every claim against what was promised."""
    from tl_helpers.core import files
    from tl_helpers.core.seeds import parse_seeds
    from tl_helpers.measure import claims as room
    from tl_helpers.press import other_seeds
    from tl_helpers.press import report as reports
    from tl_helpers.press import run as course

    if keep and not seeds:
        raise click.UsageError("--keep keeps what other seeds say: add --seeds 100:105.")
    if seeds is not None and len(parse_seeds(seeds)) < room.MINIMUM_SEEDS:  # no claim could hold
        raise BadValue(
            f"--seeds {seeds} names fewer seeds than a claim needs.",
            f"Name {room.MINIMUM_SEEDS} or more, as 100:105.",
        )
    if address:
        from tl_helpers.measure import experiment

        with experiment.backend("dask", address=address):
            os.environ["TL_DASK"] = address  # it answers, so the kernels may rely on it
    report = course.run(
        notebooks,
        jobs=jobs,
        output=output or files.root() / "build" / "claims",
        seeds=seeds,
        offline=not address,
    )
    _tell_failures(report)
    names = [job.name for job in report.jobs]
    problems = room.check(report.claims, room.registry(), names)
    about = {**reports.environment(), "seeds": seeds}
    files.write_text(report.output / "claims.json", room.table(report.claims, "json", **about))
    click.echo("\n" + room.table(report.claims))
    if seeds and keep:  # also what does not hold
        kept = other_seeds.keep(report.claims, parse_seeds(seeds))
        click.echo(f"{len(kept)} kept in data/{other_seeds.FILE}.")
    for problem in problems:
        click.echo(f"PROBLEM {problem}")
    if problems or report.failed:
        sys.exit(1)
    count = len(report.claims)
    click.echo(f"{count} claim{'s' * (count != 1)} checked, every one holds.")
    if seeds:
        from tl_helpers.measure import results

        stored = dict.fromkeys(c.stored for c in report.claims if c.stored)
        for name in stored:  # without a run on these seeds the shipped one was read: say so
            if not results.ran_on(name, parse_seeds(seeds)):
                click.echo(
                    f"Claims on the stored result {name!r} were checked on its own seeds. To have "
                    f"them checked on these, first: tl results build {name} --seeds {seeds}"
                )


@cli.command(
    epilog=_examples(
        "  tl new 44_planned                one that course.toml plans",
        "  tl new 26_my_own --theme 'Target tasks' --question 'Does it help?'",
    )
)
@click.argument("notebook")
@click.option(
    "--theme", default="", help="Say the theme. It is known where the notebook is planned."
)
@click.option("--title", default="", help="Give it a readable title.")
@click.option("--question", default="", help="Say the question that the notebook answers.")
def new(notebook: str, theme: str, title: str, question: str) -> None:
    """Make the folder of a new lesson and a NOTEBOOK that runs."""
    from tl_helpers.press import new as room

    for path in room.make(notebook, theme, title, question):
        click.echo(f"written {path}")
    click.echo(f"\nIt runs: tl run {notebook}. When it says what it should: tl refresh {notebook}")


@cli.command(epilog=_examples("  tl doctor"))
def doctor() -> None:
    """Say what is installed, what works offline, what is missing and how to get it."""
    from tl_helpers.press import doctor as room

    missing = 0
    for finding in room.examine():
        click.echo(str(finding))
        missing += finding.status == "missing"
    if missing:
        click.echo(f"\n{missing} missing; the arrows say what to do.")
        sys.exit(1)
    click.echo("\nAll is well.")


@cli.group()
def results() -> None:
    """Make stored results again: studies that take longer than a notebook's minute."""


@results.command(
    "build",
    epilog=_examples(
        "  tl results build discovery",
        "  tl results build discovery --seeds 100:105",
        "  tl results build discovery --backend dask --address tcp://10.0.0.1:8786",
    ),
)
@click.argument("name")
@click.option("--seeds", metavar="0:5", help="Use these seeds instead of the study's own.")
@click.option("--keep", is_flag=True, help="Ship what other seeds say. This is for authors.")
@click.option(
    "--backend",
    default="",
    metavar="loky|dask",
    help="Run in processes (the default with --jobs), or on a Dask cluster.",
)
@click.option(
    "--jobs",
    type=int,
    metavar="N",
    help="Use so many processes. With a backend alone, one for each processor.",
)
@click.option(
    "--address", default="", metavar="tcp://HOST:PORT", help="Say where the Dask scheduler is."
)
def results_build(
    name: str, seeds: str | None, keep: bool, backend: str, jobs: int | None, address: str
) -> None:
    """Run the study NAME and store its table under data/results/.

    If it was interrupted, it goes on with the runs that are missing.
    """
    from tl_helpers.core.seeds import parse_seeds
    from tl_helpers.measure import experiment
    from tl_helpers.measure import results as room

    chosen = parse_seeds(seeds) if seeds else None
    with experiment.backend(backend or ("loky" if jobs else ""), jobs, address):
        room.build(name, seeds=chosen, keep=keep)
    click.echo(f"stored {room.where(name, chosen, keep=keep)}")


@cli.group()
def checkpoints() -> None:
    """Train the shipped models of the town again, or verify them."""


@checkpoints.command("build", epilog=_examples("  tl checkpoints build town-mlm"))
@click.argument("name")
def checkpoints_build(name: str) -> None:
    """Train the model NAME again and store it under data/checkpoints/."""
    from tl_helpers.press import checkpoints as room

    room.build(name)
    click.echo(f"stored data/checkpoints/{name}")


@checkpoints.command("verify", epilog=_examples("  tl checkpoints verify"))
@click.argument("name", required=False)
def checkpoints_verify(name: str | None) -> None:
    """Check that the shipped models are whole, load, and do what they should."""
    from tl_helpers.press import checkpoints as room

    for chosen in [name] if name else _checkpoints():
        room.verify(chosen)
        click.echo(f"ok {chosen}")


def _checkpoints() -> list[str]:
    from tl_helpers.data import registry

    return [e.name for e in registry.entries("model").values() if e.kind == "checkpoint"]


@cli.group()
def shelf() -> None:
    """Fetch, verify or remove the real models and data that the course can use."""


@shelf.command("list", epilog=_examples("  tl shelf list"))
def shelf_list() -> None:
    """List what is on the shelf, and what could be."""
    from tl_helpers.press import shelf as room

    for line in room.listed():
        click.echo(line)


@shelf.command(
    "fetch",
    epilog=_examples(
        "  tl shelf fetch                   everything (330 MB are downloaded)",
        "  tl shelf fetch glove ratings     two pieces",
    ),
)
@click.argument("names", nargs=-1)
@click.option(
    "--try", "attempt", is_flag=True, help="Say what cannot be had, and do not fail for it."
)
def shelf_fetch(names: tuple[str, ...], attempt: bool) -> None:
    """Fetch the pieces NAMES that are not here. The default is all of them."""
    from tl_helpers.press import shelf as room

    for line in room.fetch(names, strict=not attempt):
        click.echo(line)


@shelf.command("verify", epilog=_examples("  tl shelf verify"))
@click.argument("names", nargs=-1)
def shelf_verify(names: tuple[str, ...]) -> None:
    """Read the pieces NAMES again, and compare every byte. The default is all that are here."""
    from tl_helpers.press import shelf as room

    for line in room.verified(names):
        click.echo(line)


@shelf.command("remove", epilog=_examples("  tl shelf remove glove", "  tl shelf remove --all"))
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Remove all pieces.")
def shelf_remove(names: tuple[str, ...], everything: bool) -> None:
    """Take the pieces NAMES from the shelf."""
    from tl_helpers.press import shelf as room

    if bool(names) == everything:
        raise click.UsageError("Name the pieces to remove, or say --all.")
    for line in room.removed(names):
        click.echo(line)


@cli.group()
def data() -> None:
    """Keep the list of the shipped data up to date."""


@data.command("checksums", epilog=_examples("  tl data checksums"))
def data_checksums() -> None:
    """Rewrite data/SHA256SUMS from the files that are there now."""
    from tl_helpers.core import files

    click.echo(f"{files.write_checksums()} files listed in {files.data_dir() / 'SHA256SUMS'}")


@cli.command(epilog=_examples("  tl bench --quick"))
@click.option("--quick", is_flag=True, help="Take seconds: fewer turns, and no probe.")
@click.option(
    "--patient",
    is_flag=True,
    help="Wait until the Trainer has reached the probe value as well. It takes many minutes.",
)
def bench(quick: bool, patient: bool) -> None:
    """Measure the fast loop, the town, the import and the course, side by side."""
    from tl_helpers.press import bench as room

    room.main(quick=quick, patient=patient)


@cli.command(epilog=_examples("  tl site", "  tl site --output /media/stick/course"))
@click.option(
    "--output", type=_Place(), help="Write the site to this folder. The default is build/site."
)
@click.option("--runs", type=_Place(), help="Say where tl run wrote to. The default is build.")
def site(output: Path | None, runs: Path | None) -> None:
    """Build the site from the notebooks as they were last run.

    It is one folder that opens from disk, without a network.
    """
    from tl_helpers.press.site import build

    click.echo("Building the site ...")
    built = build(output, runs)
    for note in built.notes:
        click.echo(f"  note: {note}")
    stored = [page.name for page in built.pages if not page.executed]
    if stored:
        click.echo(f"  note: as stored, not run here: {', '.join(stored)}")
    click.echo(f"The site is ready ({built.seconds:.0f} s). Open: {built.index}")


@cli.command(
    epilog=_examples(
        "  tl slides 10                     one notebook",
        "  tl slides pre-training           a theme, with the shorter decks of its sessions",
    )
)
@click.argument("names", nargs=-1, metavar="[NOTEBOOK|THEME ...]")
@click.option(
    "--output",
    type=_Place(),
    help="Use the run in this folder, and write to slides/ in it. The default is build.",
)
def slides(names: tuple[str, ...], output: Path | None) -> None:
    """Make slide decks with speaker notes from executed notebooks and themes.

    The default is all of them. Each deck is one file that opens from disk.
    """
    from tl_helpers.press import kits
    from tl_helpers.press import slides as room

    decks = kits.with_sessions(room.choose(names, output))
    paths = room.write(decks, output)
    for deck, path in zip(decks, paths, strict=True):
        first, *others = deck.sources
        sources = f"{first.parent} ({len(deck.sources)} notebooks)" if others else first
        click.echo(f"{path.name}: {len(deck.slides)} slides, cut from {sources}")
    click.echo(f"\nOpen {paths[0].parent / 'index.html'}; in a deck, S is the speaker's view.")


@cli.command(epilog=_examples("  tl kits adaptation", "  tl kits --check"))
@click.argument("themes", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing, and fail if a kit is out of date.")
def kits(themes: tuple[str, ...], check: bool) -> None:
    """Fill the session kits of THEMES from the notebooks.

    The site has a page of each to print.
    """
    from tl_helpers.press import kits as room

    for path in room.update(themes, check):
        click.echo(f"{path} is up to date" if check else f"wrote {path}")


@cli.command(epilog=_examples("  tl student", "  tl student 10 --output handout"))
@click.argument("notebooks", nargs=-1)
@click.option("--output", type=_Place(), help="Write to this folder. The default is student.")
def student(notebooks: tuple[str, ...], output: Path | None) -> None:
    """Write copies for students, without outputs and solutions.

    A copy in which somebody has worked is never written over: the new one goes beside it.
    """
    from tl_helpers.press import student as room

    for copy in room.write(notebooks, output):
        why = {
            "beside": f"   ({copy.source.name} was worked in, and stays)",
            "kept": "   (somebody has worked in it, and the course has not changed since)",
        }.get(copy.status, "")
        click.echo(f"{copy.status:9} {copy.path}{why}")


@cli.command(
    epilog=_examples("  tl bootstrap 10", "  tl bootstrap --source git+https://HOST/OWNER/NAME")
)
@click.argument("notebooks", nargs=-1)
@click.option(
    "--source",
    "place",
    help="Say what pip installs where the package is missing. The default is what stands there, "
    "or else what the package or the git remote tell.",
)
def bootstrap(notebooks: tuple[str, ...], place: str | None) -> None:
    """Write the cells that find or install the package, and begin, into notebooks."""
    from tl_helpers.press import bootstrap as room
    from tl_helpers.press import notebooks as files
    from tl_helpers.press.badges import known_place

    paths = files.find(notebooks)
    before = {path: files.read(path) for path in paths}
    after = {}
    for path in paths:
        stated = room.place_of(before[path], path.stem) or known_place()
        after[path] = room.apply(before[path], path.stem, stated if place is None else place)
    for path in paths:
        if after[path] == before[path]:
            click.echo(f"unchanged {path}")
            continue
        files.write(after[path], path)
        stamp = after[path].metadata.get("tl", {}).get("source_sha256")
        stale = stamp != files.source_hash(after[path])
        click.echo(f"written   {path}" + f"   (next: tl refresh {path.stem})" * stale)


def _repository(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say which repository, and which branch of it."""
    command = click.option(
        "--branch", default="main", show_default=True, help="Name the branch to link to."
    )(command)
    return click.option(
        "--repo",
        metavar="OWNER/NAME",
        help="Name the repository on GitHub. The default is what the package or the git remote "
        "tell.",
    )(command)


@cli.command(
    epilog=_examples(
        "  tl badges --repo owner/name --site https://owner.github.io/name", "  tl badges --remove"
    )
)
@click.argument("notebooks", nargs=-1)
@_repository
@click.option(
    "--site",
    default="",
    metavar="URL",
    help="Say where the site is. {name} in it stands for the notebook.",
)
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


@cli.command(
    epilog=_examples(
        "  tl publish --check --repo owner/name --site https://owner.github.io/name/{name}.html"
    )
)
@click.option("--check", is_flag=True, help="Build, compare, and push nothing.")
@_repository
@click.option(
    "--site",
    default="",
    metavar="URL",
    help="Say where the site will be. {name} in it stands for the notebook.",
)
@click.option(
    "--output", type=_Place(), help="Build into this folder. The default is build/publish."
)
def publish(check: bool, repo: str | None, branch: str, site: str, output: Path | None) -> None:
    """Check that what is to be published fits together, and say what to push where.

    It builds the wheel and the site, and compares them with the links and the place to install
    from that stand in the notebooks.
    """
    from tl_helpers.press import badges as links
    from tl_helpers.press import publish as room

    if not check:
        raise click.UsageError("This command checks, and you push: add --check.")
    where = links.home(repo, branch, site)
    for found in room.check(where, output):
        if isinstance(found, str):
            click.echo(found)
            continue
        for what in found.good:
            click.echo(f"ok       {what}")
        for problem in found.problems:
            click.echo(f"PROBLEM  {problem}")
        if found.problems:
            count = len(found.problems)
            click.echo(f"\n{count} problem{'s' * (count != 1)}. Nothing is pushed by this command.")
            sys.exit(1)
        click.echo("\nIt fits together. What to push where:")
        for number, step in enumerate(found.steps, start=1):
            click.echo(f"  {number}. {step}")


def main(arguments: list[str] | None = None) -> None:
    """Run the command; errors of the course are one clear message, without a stack.

    Example:
        >>> main(["run", "00_start_here", "--profile", "quick"])  # doctest: +SKIP
    """
    try:
        cli.main(args=arguments, prog_name="tl", standalone_mode=False)
    except Stopped as stopped:
        click.echo(f"\n{stopped}", err=True)
        sys.exit(130)
    except CourseError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except click.exceptions.Exit as error:
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        if str(error.name).startswith("tl_"):  # a mistake of ours
            raise
        click.echo(
            f"Error: The package {error.name} is not installed.\n"
            "  -> Install what the commands need: make course, or pip install 'tl-helpers[course]'",
            err=True,
        )
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nStopped. Nothing half-written was left behind.", err=True)
        sys.exit(130)
