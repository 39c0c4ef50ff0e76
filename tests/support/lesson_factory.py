"""Small courses of lessons for tests: their files, without notebooks."""

from __future__ import annotations

from pathlib import Path

PLAN = """
[[theme]]
name = "Adaptation"
question = "How does it get there?"

[[planned]]
notebook = "33_domain_adaptation"
title = "Domain adaptation"
theme = "Adaptation"
question = "What if there are no labels?"
"""


def claim(id: str = "it-helps", **other: object) -> str:
    """A ``[[claim]]`` of a lesson's file, of 2 accuracy points unless other values are given."""
    values = {"id": id, "sentence": "It helps.", "direction": ">0", "minimum": 2.0}
    values |= {"unit": "accuracy points"} | other
    rows = [f'{k} = "{v}"' if isinstance(v, str) else f"{k} = {v}" for k, v in values.items()]
    return "\n".join(["", "[[claim]]", *rows, ""])


def write(root: Path, notebook: str, *claims: str, theme: str = "Adaptation") -> Path:
    """Write ``lesson.toml`` of a notebook, and ``course.toml`` where there is none yet."""
    home = root / "notebooks" / "tl_lessons"
    path = home / notebook.partition("_")[2] / "lesson.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    if not (home / "course.toml").exists():
        (home / "course.toml").write_text(PLAN, "utf-8")
    head = f'notebook = "{notebook}"\ntitle = "T"\ntheme = "{theme}"\nquestion = "Why?"\n'
    path.write_text(head + "".join(claims), "utf-8")
    return path
