"""A real browser for tests: fixtures ``chromium``, ``page``, ``traffic`` and ``screenshot``.

::

    def test_the_front_page(page, screenshot, tmp_path):
        page.goto((tmp_path / "index.html").as_uri())
        screenshot("front")

Such a test also fails when the page asks for anything beyond this machine, when a script fails, or
when the console shows an error. Every test with one of these fixtures is a *browser test*: it gets
the mark ``browser``, and (with xdist) one worker runs them all. Where there is no Chromium they
are not run, and the summary says so; where ``CI`` is set they fail.

The browser comes from the system (``make chromium``); ``TL_BROWSER`` names another one.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tl_helpers.press import offline

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

SCREENSHOTS = Path(__file__).resolve().parents[2] / "build" / "screenshots"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BUNDLES = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
MISSING = "no Chromium on this machine -> make chromium, or set TL_BROWSER to the browser's path"
# Schemes that stay inside the browser or on the disk.
INSIDE = {"file", "data", "blob", "about", "chrome-error"}


def find() -> str | None:
    """Path of the browser, or None."""
    if named := os.environ.get("TL_BROWSER"):
        return shutil.which(named)
    paths = (shutil.which(name) for name in (*NAMES, *BUNDLES))
    return next((path for path in paths if path), None)


def required() -> bool:
    """Where nobody would notice that the browser tests did not run, they must not be left out."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def is_browser_test(item: Any) -> bool:
    """Does this test need a browser?"""
    return "chromium" in getattr(item, "fixturenames", ()) or bool(
        item.get_closest_marker("browser")
    )


def is_local(url: str) -> bool:
    """Does a request for this address stay on this machine?"""
    parts = urlsplit(url)
    return parts.scheme in INSIDE or (bool(parts.hostname) and offline.is_local(parts.hostname))


@dataclass
class Traffic:
    """What a page asked for, and what it complained about.

    Attributes:
        requests: every address asked for, web sockets included.
        errors: errors on the console and exceptions that no script caught.
        allowed: patterns of errors that are none of ours (``allow``).
    """

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """Errors that match this regular expression do not fail the test."""
        self.allowed.append(pattern)

    def watch(self, page: Page) -> None:
        """Listen to a page, and to the workers and windows that it opens."""
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.on("websocket", lambda socket: self.requests.append(socket.url))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            self.errors.append(f"{message.text} ({where})" if where else message.text)

    @property
    def beyond(self) -> list[str]:
        """Addresses beyond this machine."""
        return [url for url in self.requests if not is_local(url)]

    def verdict(self) -> str:
        """What is wrong, one line each; empty when nothing is."""
        errors = [e for e in self.errors if not any(re.search(p, e) for p in self.allowed)]
        return "\n".join(
            [f"asked for something beyond this machine: {url}" for url in self.beyond]
            + [f"error on the console: {error}" for error in errors]
        )


@contextmanager
def start() -> Iterator[Browser]:
    """Chromium, until the end of the block. Fails the test where it is not installed."""
    from playwright.sync_api import sync_playwright

    path = find()
    if path is None:
        pytest.fail(MISSING, pytrace=False)
    with sync_playwright() as play:
        # As root Chromium runs without its sandbox only. No name but this machine's is resolved,
        # so that even a request that should not be made goes nowhere.
        browser = play.chromium.launch(
            executable_path=path,
            headless=True,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-gpu",
                "--force-color-profile=srgb",
                "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
            ],
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visit(browser: Browser, **options: Any) -> Iterator[tuple[Page, Traffic]]:
    """A fresh window with its traffic written down.

    Args:
        browser: from :func:`start`.
        **options: of Playwright's ``new_context``, such as ``viewport`` or ``color_scheme``.
    """
    options = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | options
    context = browser.new_context(**options)
    traffic = Traffic()
    context.on("request", lambda request: traffic.requests.append(request.url))
    context.on("page", traffic.watch)
    page = context.new_page()
    page.set_default_timeout(15_000)
    try:
        yield page, traffic
    finally:
        context.close()


def pages(paper: bytes) -> int:
    """How many sheets a PDF has."""
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", paper))


def shoot(where: Page | Any, folder: str, name: str, **options: Any) -> Path:
    """A picture of a page or an element, kept under ``build/screenshots/FOLDER/NAME.png``."""
    path = SCREENSHOTS / folder / f"{name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    where.screenshot(path=path, animations="disabled", **options)
    return path


def _folder(request: pytest.FixtureRequest) -> str:
    return request.path.stem.removeprefix("test_")


# One browser for each file of tests, not for the session: while Playwright runs, its event loop
# occupies the thread, and tests elsewhere that use asyncio would fail.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser."""
    with start() as browser:
        yield browser


@pytest.fixture
def _visit(chromium: Browser) -> Iterator[tuple[Page, Traffic]]:
    with visit(chromium) as (page, traffic):
        yield page, traffic
        wrong = traffic.verdict()
    if wrong:
        pytest.fail(wrong, pytrace=False)


@pytest.fixture
def page(_visit: tuple[Page, Traffic]) -> Page:
    """A fresh window, 1280 x 900; the test fails on a console error or on outside traffic."""
    return _visit[0]


@pytest.fixture
def traffic(_visit: tuple[Page, Traffic]) -> Traffic:
    """What ``page`` asked for, and its errors; ``traffic.allow(pattern)`` excuses a known one."""
    return _visit[1]


@pytest.fixture
def screenshot(request: pytest.FixtureRequest, chromium: Browser) -> Callable[..., Path]:
    """``screenshot(name)`` keeps a picture of ``page``; ``screenshot(name, element)`` of a part."""

    def take(name: str, where: Any = None, **options: Any) -> Path:
        where = request.getfixturevalue("page") if where is None else where
        return shoot(where, _folder(request), name, **options)

    return take
