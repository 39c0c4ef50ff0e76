"""The course as a site that opens from disk: ``build(...)`` makes it from executed notebooks."""

from __future__ import annotations

from tl_helpers.press.site.build import Built, build

__all__ = ["Built", "build"]
