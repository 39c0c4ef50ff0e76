"""The house: arrows point downwards only, no circles, the workshop is imported by nobody.

All imports count, lazy ones too, and those by a name in words (``import_module``, ``__import__``);
those for the type checker alone do not.
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
#: Lessons are found by name: the one arrow upwards, in one place.
UPSTAIRS = {("tl_helpers.core.lessons", "tl_lessons")}
#: Cells of a notebook say ``tl``, so whoever runs them gives it to them. Nobody else takes the face
#: of the package, through which every room can be reached; but the command line says its version.
FACE = {"tl_helpers.core.cells", "tl_helpers.press.cli"}


def modules(root: Path = ROOT) -> dict[str, Path]:
    """Dotted name -> file, of the package and of the lessons."""
    files = {}
    for base in (root / "tl_helpers", root / "notebooks" / "tl_lessons"):
        for file in sorted(base.rglob("*.py")):
            parts = file.relative_to(base.parent).with_suffix("").parts
            files[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return files


def _for_types_only(tree: ast.AST) -> set[int]:
    guards = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
    ]
    return {id(inner) for guard in guards for inner in ast.walk(guard)}


def imports(name: str, file: Path, known: set[str]) -> set[str]:
    """The modules of ours that a module imports, lazily or not."""
    return {
        target
        for wanted in _wanted(name, file)
        if (target := _known(wanted, known)) and target != name
    }


def _known(wanted: str, known: set[str]) -> str:
    """The module of ours in which a dotted name ends; of a parent package, if a name of its own."""
    while wanted and wanted not in known:
        wanted = wanted.rpartition(".")[0]
    return wanted


def _wanted(name: str, file: Path) -> list[str]:
    """All dotted names that a module imports."""
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
        elif isinstance(node, ast.Call) and _callee(node) in ("import_module", "__import__"):
            named.append(_in_words(node, tree, name))
    return named


def _callee(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _in_words(call: ast.Call, tree: ast.AST, name: str) -> str:
    """What a call imports; of a name that is put together, all up to what is not known."""
    word = call.args[0]
    if isinstance(word, ast.Name):  # a variable: what it was set to
        word = _constants(tree).get(word.id, word)
    parts = word.values if isinstance(word, ast.JoinedStr) else [word]
    known = ""
    for part in parts:
        if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name):
            part = _constants(tree).get(part.value.id, part)
        if not isinstance(part, ast.Constant):
            break
        known += str(part.value)
    assert known, f"{name} imports {ast.unparse(word)}: let the test see what that is"
    return known.rstrip(".")


def _constants(tree: ast.AST) -> dict[str, ast.expr]:
    """Name -> value of what is assigned, one by one or several in a line."""
    values: dict[str, ast.expr] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                values |= dict(zip(map(ast.unparse, target.elts), value.elts, strict=True))
            else:
                values[ast.unparse(target)] = value
    return values


def room(module: str) -> str:
    """``town`` for ``tl_helpers.town.corpus``; ``tl_lessons`` for all lessons."""
    parts = module.split(".")
    return parts[0] if parts[0] == "tl_lessons" or len(parts) == 1 else parts[1]


def storey(module: str) -> int:
    """How high a module stands; the lazy face of the package stands nowhere."""
    return next(i for i, rooms in enumerate(STOREYS) if room(module) in rooms)


def circles(arrows: dict[str, set[str]]) -> list[str]:
    """The modules that can be reached from themselves."""

    def reach(start: str) -> set[str]:
        seen, todo = set(), list(arrows[start])
        while todo:
            if (name := todo.pop()) not in seen:
                seen.add(name)
                todo += arrows.get(name, ())
        return seen

    return [name for name in arrows if name in reach(name)]


@pytest.fixture(scope="module")
def arrows() -> dict[str, set[str]]:
    files = modules()
    return {
        name: imports(name, file, set(files))
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
        for target in sorted(targets - {"tl_helpers"})
        if storey(target) > storey(name) and (name, target) not in UPSTAIRS
    ]
    assert not up, "\n".join(up)


def test_the_exceptions_are_still_needed(arrows):
    assert all(target in arrows[name] for name, target in UPSTAIRS)
    assert {name for name, targets in arrows.items() if "tl_helpers" in targets} == FACE


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
    """A module that can be reached from itself; inside a room too."""
    assert not circles(arrows)


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


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ('importlib.import_module("tl_helpers.press.run")', "tl_helpers.press.run"),
        ('__import__("tl_helpers.press.run")', "tl_helpers.press.run"),
        ('import_module(f"tl_helpers.press.{word}")', "tl_helpers.press"),
        (
            'A, ROOM = 1, "tl_helpers.press"\nname = f"{ROOM}.run"\nimport_module(name)',
            "tl_helpers.press.run",
        ),
        ("from tl_helpers.town import corpus", "tl_helpers.town.corpus"),
        ("from tl_helpers.town import VERSION", "tl_helpers.town"),
        ("from . import VERSION", "tl_helpers.town"),
    ],
)
def test_an_import_by_a_name_in_words_would_be_seen(tmp_path, line, target):
    file = tmp_path / "x.py"
    file.write_text(f"def f():\n    {line}\n" if "\n" not in line else line, "utf-8")
    assert imports("tl_helpers.town.x", file, set(modules())) == {target}


def test_an_import_that_the_test_cannot_see_is_refused(tmp_path):
    file = tmp_path / "x.py"
    file.write_text("def f(name):\n    import_module(name)\n", "utf-8")
    with pytest.raises(AssertionError, match="imports name: let the test see"):
        imports("tl_helpers.town.x", file, set(modules()))


def test_a_circle_inside_a_room_would_be_seen(tmp_path):
    """Of a module with a name of its own package, for instance."""
    package, module = tmp_path / "__init__.py", tmp_path / "x.py"
    package.write_text("from tl_helpers.town.x import f\nSIZE = 3\n", "utf-8")
    module.write_text("def f():\n    from tl_helpers.town import SIZE\n", "utf-8")
    files = {"tl_helpers.town": package, "tl_helpers.town.x": module}
    assert (
        len(circles({name: imports(name, file, set(files)) for name, file in files.items()})) == 2
    )
