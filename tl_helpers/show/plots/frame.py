"""Tables for reading: text to the left, numbers to the right, no running index."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.formats.style import Styler


class Table:
    """A table with a form for the screen and one in plain text."""

    def __init__(self, styled: Styler, plain: str) -> None:
        self._styled, self._plain = styled, plain

    def to_html(self) -> str:
        """The table as HTML, with its styles."""
        return str(self._styled.to_html())

    def _repr_html_(self) -> str:
        return self.to_html()

    def __repr__(self) -> str:
        return self._plain


def _decimals(column: pd.Series) -> int:
    """How many the numbers of a column need, at most six: 90.3 is not to be read as 90.300000."""
    return next((n for n in range(6) if not (column.round(n) - column).abs().max() > 5e-7), 6)


def table(frame: pd.DataFrame) -> Table:
    """A data frame as a reader wants it, in JupyterLab as on the site.

    Columns of text are aligned to the left and wrap instead of being cut; an index that only counts
    is left out. HTML in the text is shown as it stands.

    Args:
        frame: any data frame.

    Example:
        >>> import pandas as pd
        >>> "64" in table(pd.DataFrame({"labels": [64]}))._repr_html_()
        True
    """
    import pandas as pd
    from pandas.api.types import is_numeric_dtype
    from pandas.io.formats.style import Styler

    counts = isinstance(frame.index, pd.RangeIndex) or frame.index.inferred_type == "integer"
    plain = frame.to_string(index=not counts)
    # Named by its content, so that the same table is the same HTML in every run.
    styled = Styler(frame, uuid=hashlib.sha256(plain.encode()).hexdigest()[:8])
    styled = styled.format(escape="html")
    for name in frame.select_dtypes("float"):
        styled = styled.format(precision=_decimals(frame[name]), subset=[name])
    if counts:
        styled = styled.hide(axis="index")
    text = [name for name in frame.columns if not is_numeric_dtype(frame[name])]
    left = {"text-align": "left", "white-space": "normal"}
    headings = {name: [{"selector": "th", "props": [("text-align", "left")]}] for name in text}
    styled = styled.set_properties(subset=text, **left)
    return Table(styled.set_table_styles(headings, overwrite=False), plain)
