"""The lessons: a folder for each notebook, with all that belongs to it alone.

``lesson.toml`` is its place on the map, its needs and its claims, ``exercises.toml`` and
``exercises.py`` are its exercises, further modules its studies. ``course.toml`` has the themes and
the notebooks that are planned. README.md says how to add one; :mod:`tl_helpers.core.lessons` reads
them.
"""

from __future__ import annotations

from tl_helpers.core import packages

packages.require()  # before anything is imported that a bare kernel lacks
