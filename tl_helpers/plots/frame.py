"""Tables for reading: text to the left, numbers to the right, no running index."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.formats.style import Styler


def table(frame: pd.DataFrame) -> Styler:
    """A data frame as a reader wants it, in JupyterLab as on the site.

    Columns of text are aligned to the left and wrap instead of being cut; an index that only counts
    is left out. HTML in the text is shown as it stands.

    Args:
        frame: any data frame.
    """
    import pandas as pd
    from pandas.api.types import is_numeric_dtype

    styled = frame.style.format(escape="html")
    if isinstance(frame.index, pd.RangeIndex) or frame.index.inferred_type == "integer":
        styled = styled.hide(axis="index")
    text = [name for name in frame.columns if not is_numeric_dtype(frame[name])]
    left = {"text-align": "left", "white-space": "normal"}
    headings = {
        name: [{"selector": "th", "props": [("text-align", "left")]}] for name in text
    }
    return styled.set_properties(subset=text, **left).set_table_styles(headings, overwrite=False)
