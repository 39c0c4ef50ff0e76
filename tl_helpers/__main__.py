"""``python -m tl_helpers``: the command line, which stands in the workshop."""

from __future__ import annotations

from tl_helpers.press.cli import main

if __name__ == "__main__":
    main()
