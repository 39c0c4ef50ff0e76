"""The house: arrows point downwards only, no circles, the workshop is imported by nobody.

All imports count, lazy ones too; those for the type checker alone do not.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
#: Storeys from the ground up. A room may import from storeys below, and from its own.
STOREYS = [
    {"core"},
    {"town"},
    {"questions", "data", "measure", "exercises"},
    {"models", "show"},
    {"train", "session"},
    {"lesson"},
    {"tl_lessons"},
    {"press"},
]
#: ``python -m tl_helpers`` is the door to the workshop, and opens nothing else.
DOORS = {"tl_helpers.__main__"}


def modules(root: Path = ROOT) -> dict[str, Path]:
    """Dotted name -> file, of the package and of the lessons."""
    found = {}
    for base in (root / "tl_helpers", root / "notebooks" / "tl_lessons"):
        for file in sorted(base.rglob("*.py")):
            parts = file.relative_to(base.parent).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def _for_types_only(tree: ast.AST) -> set[int]:
    guards = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    return {id(inner) for guard in guards for inner in ast.walk(guard)}


def imports(name: str, file: Path, known: set[str]) -> set[str]:
    """The modules of ours that a module imports, lazily or not."""
    tree = ast.parse(file.read_text("utf-8"))
    skipped, named = _for_types_only(tree), []
    package = name if file.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            named += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, base]).strip(".")
            named += [f"{base}.{alias.name}" for alias in node.names]
    found = set()
    for target in named:
        while target and target not in known:
            target = target.rpartition(".")[0]
        if target and target != name and not name.startswith(target + "."):
            found.add(target)
    return found


def room(module: str) -> str:
    """``town`` for ``tl_helpers.town.corpus``; ``tl_lessons`` for all lessons."""
    parts = module.split(".")
    return parts[0] if parts[0] == "tl_lessons" or len(parts) == 1 else parts[1]


def storey(module: str) -> int:
    """How high a module stands; the lazy face of the package stands nowhere."""
    return next(i for i, rooms in enumerate(STOREYS) if room(module) in rooms)


@pytest.fixture(scope="module")
def arrows() -> dict[str, set[str]]:
    files = modules()
    return {
        name: imports(name, file, set(files)) - {"tl_helpers"}
        for name, file in files.items()
        if name not in {*DOORS, "tl_helpers"} and file.name != "sitecustomize.py"
    }


def test_every_room_has_its_storey(arrows):
    homeless = {room(name) for name in arrows} - set().union(*STOREYS)
    assert not homeless, f"say in STOREYS where these stand: {sorted(homeless)}"


def test_arrows_point_downwards(arrows):
    up = [
        f"{name} imports {target}"
        for name, targets in arrows.items()
        for target in sorted(targets)
        if storey(target) > storey(name)
    ]
    assert not up, "\n".join(up)


def test_exercises_need_core_alone(arrows):
    rooms = {room(t) for name, ts in arrows.items() if room(name) == "exercises" for t in ts} - {
        "exercises"
    }
    assert rooms <= {"core"}


def test_nobody_imports_the_workshop(arrows):
    guests = [
        (name, target)
        for name, targets in arrows.items()
        for target in targets
        if room(target) == "press" and room(name) != "press"
    ]
    assert not guests


def test_no_circle(arrows):
    """A module that can be reached from itself."""

    def reach(start: str) -> set[str]:
        seen, todo = set(), list(arrows[start])
        while todo:
            if (name := todo.pop()) not in seen:
                seen.add(name)
                todo += arrows.get(name, ())
        return seen

    assert not [name for name in arrows if name in reach(name)]


def test_what_begins_with_an_underscore_stays_in_its_room(arrows):
    strangers = [
        (name, target)
        for name, targets in arrows.items()
        for target in targets
        if target.rpartition(".")[2].startswith("_")
        and not name.startswith(target.rpartition(".")[0])
    ]
    assert not strangers


def test_a_lazy_import_would_be_seen(tmp_path):
    file = tmp_path / "x.py"
    file.write_text("def f():\n    from tl_helpers.press import run\n", "utf-8")
    assert imports("tl_helpers.town.x", file, {"tl_helpers.press.run"}) == {"tl_helpers.press.run"}
    file.write_text("if TYPE_CHECKING:\n    import tl_helpers.press.run\n", "utf-8")
    assert imports("tl_helpers.town.x", file, {"tl_helpers.press.run"}) == set()
