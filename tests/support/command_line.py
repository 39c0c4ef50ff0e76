"""The ``tl`` command, called within the test's own process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tl_helpers.press import cli


def caller(capture: Any) -> Callable[..., tuple[int, str, str]]:
    """A function that runs the command and gives exit code, stdout and stderr.

    Args:
        capture: pytest's ``capsys`` or ``capfd``.
    """

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            cli.main(list(arguments))
            status = 0
        except SystemExit as stop:
            status = stop.code or 0
        out, err = capture.readouterr()
        return status, out, err

    return run
