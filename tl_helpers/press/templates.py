"""Pages from templates: text that is mostly fixed stands in a file of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def render(template: Path, **values: Any) -> str:
    """Fill a Jinja template; in ``*.html.j2`` what looks like markup is escaped.

    Args:
        template: the file.
        values: name -> value; a name that the template wants and does not get is an error.

    Example:
        >>> render(Path("page.md"), title="Claims")  # doctest: +SKIP
        '# Claims\\n'
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(template.parent),
        autoescape=template.name.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template.name).render(values)
