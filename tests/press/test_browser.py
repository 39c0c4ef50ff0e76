"""The browser fixtures notice what they are there to notice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import browser
import pytest

SUPPORT = Path(browser.__file__).parent
FAVICON = '<link rel="icon" href="data:,">'


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("file:///tmp/a.html", True),
        ("data:text/plain,x", True),
        ("blob:http://127.0.0.1:8888/1", True),
        ("http://127.0.0.1:8888/lab", True),
        ("ws://localhost:8888/api", True),
        ("http://[::1]:80/", True),
        ("https://cdn.example.org/x.js", False),
        ("http://127.0.0.1.example.org/", False),
        ("http:///nothing", False),
        ("ftp://192.0.2.1/x", False),
    ],
)
def test_what_stays_on_this_machine(url, local):
    assert browser.is_local(url) == local


def test_a_page_without_fault(page, traffic, screenshot, tmp_path):
    (tmp_path / "a.html").write_text(f"<html>{FAVICON}<h1>Hello</h1>", "utf-8")
    page.goto((tmp_path / "a.html").as_uri())
    picture = screenshot("hello")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.parts[-3:] == ("screenshots", "browser", "hello.png")
    assert [url.split(":")[0] for url in traffic.requests][:1] == ["file"]
    assert traffic.verdict() == ""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('<img src="https://nowhere.invalid/x.png" alt="">', "beyond this machine: https://now"),
        ("<script>fetch('http://192.0.2.1/').catch(() => 0)</script>", "http://192.0.2.1/"),
        ("<script>new WebSocket('ws://nowhere.invalid/s')</script>", "ws://nowhere.invalid/s"),
        ("<script>console.error('broken thing')</script>", "error on the console: broken thing"),
        ("<script>no_such_function()</script>", "no_such_function is not defined"),
        ("<script>open('data:text/html,x'); console.error('a')</script>", "console: a"),
        ("<script>Promise.reject(new Error('left alone'))</script>", "left alone"),
    ],
)
def test_faults_are_noticed(chromium, tmp_path, body, said):
    (tmp_path / "a.html").write_text(f"<html>{FAVICON}{body}<p id=end>.", "utf-8")
    with browser.visit(chromium) as (page, traffic):
        page.goto((tmp_path / "a.html").as_uri())
        page.wait_for_function("document.querySelector('#end')")
        page.evaluate("new Promise(done => setTimeout(done))")  # let the promises settle
    assert said in traffic.verdict()


def test_a_known_error_can_be_allowed(page, traffic):
    traffic.allow("known .* thing")
    page.evaluate("console.error('known bad thing')")
    assert traffic.errors == ["known bad thing"] and traffic.verdict() == ""


SUITE = """
def test_one(page):
    page.evaluate("console.error('from the page')")

def test_two():
    pass
"""


def run(tmp_path, **variables):
    """A small suite with these fixtures, in a process of its own."""
    (tmp_path / "test_small.py").write_text(SUITE, "utf-8")
    (tmp_path / "conftest.py").write_text(
        f"import runpy, sys\nsys.path.insert(0, {str(SUPPORT)!r})\n"
        f"course = runpy.run_path({str(SUPPORT.parent / 'conftest.py')!r})\n"
        "globals().update({k: v for k, v in course.items() if not k.startswith('__')})\n",
        "utf-8",
    )
    env = {k: v for k, v in os.environ.items() if not k.startswith(("CI", "PYTEST", "TL_BROWSER"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        env=env | variables,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout


@pytest.mark.slow
def test_a_console_error_fails_the_test(tmp_path, chromium):
    status, said = run(tmp_path)
    assert status == 1 and "error on the console: from the page" in said
    assert "2 passed" in said and "1 error" in said


@pytest.mark.slow
def test_without_a_browser_the_summary_says_what_was_not_run(tmp_path):
    status, said = run(tmp_path, TL_BROWSER="no-such-browser")
    assert status == 0 and "1 passed, 1 deselected" in said
    assert f"The browser tests were not run: {browser.MISSING}" in said


@pytest.mark.slow
def test_in_ci_a_missing_browser_fails(tmp_path):
    status, said = run(tmp_path, TL_BROWSER="no-such-browser", CI="true")
    assert status == 1 and "1 passed" in said and "1 error" in said and browser.MISSING in said
