"""The lessons: a folder for each notebook, with all that belongs to it alone."""

from __future__ import annotations

from tl_helpers.core import packages

packages.require()  # before anything is imported that a bare kernel lacks
