"""The docstrings: real prose, unique, split by module, and nothing of it imported."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tl_helpers import data, models
from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, CourseError, UnknownName
from tl_helpers.data import docstrings
from tl_helpers.data.docstrings import corpus, prose, sources

ROOT = Path(__file__).resolve().parents[2]
FEW = ["pandas", "matplotlib", "huggingface_hub", "IPython"]

DOC = """Return the *mean* of an array, as :func:`numpy.mean` does.

It ignores missing values [1]_.  See e.g. ``np.nan`` for what is missing.  Not so here:

>>> nanmean([1, 2])
1.5
more output

.. note:: This is slow for large arrays.

.. code-block:: python

    x = nanmean(y)

Parameters
----------
axis : int
    The axis along which it is taken.

Returns
-------
m : float

Notes
-----
The formula is :math:`a^2`. Memory is shared with the input. Read `the guide <https://x.org>`_ now.

- Every item of a list is a sentence of its own.
- x = 3

Use it like this::

    hidden = nanmean(code)

====  ====
 a     b
====  ====

References
----------
.. [1] A. Author, "A Book", 1999.
"""


# --- prose ---------------------------------------------------------------------------------------
def test_prose_of_a_docstring():
    summary, body = prose.prose(DOC)
    assert summary == "Return the mean of an array, as numpy.mean does."
    said = [s for paragraph in body for s in paragraph]
    assert said == [
        "It ignores missing values.",
        "See e.g. np.nan for what is missing.",
        "This is slow for large arrays.",
        "Memory is shared with the input.",
        "Read the guide now.",
        "Every item of a list is a sentence of its own.",
    ]


def test_google_style_and_fences_are_left_out():
    summary, body = prose.prose(
        "Applies a function to the input.\n\nArgs:\n    x (Tensor): The input that is used.\n\n"
        "Returns:\n    The output is a tensor.\n\n```python\n>>> The code is here.\n```\n\n"
        "Note:\n    This is only for the CPU.\n\n@param x The old style.\n\n:param x: It is old."
    )
    assert (summary, body) == ("Applies a function to the input.", [["This is only for the CPU."]])


@pytest.mark.parametrize("doc", ["f(a, b) -> c\n", "x = 3", "Deprecated", "", ">>> 1\n1"])
def test_what_does_not_begin_with_a_sentence_has_no_summary(doc):
    assert prose.prose(doc) == ("", [])


@pytest.mark.parametrize(
    "sentence",
    [
        "Use x[0] for the first.",
        "It is a -> b.",
        "See {this} for the rest.",
        "The a/b/c path is it.",
        "and the rest is small.",
        "The value is:",
        "No.",
        "The a_b c_d e_f is.",
        "A|B is the union.",
    ],
)
def test_what_is_no_prose(sentence):
    assert not prose.is_prose(sentence)


# --- reading -------------------------------------------------------------------------------------
SOURCE = '''"""The module says this."""
import does_not_exist
raise SystemExit("this must never run")
class A:
    """A class is described."""
    def f(self):
        """A method is described."""
        def g():
            """Left out."""
    @property
    def p(self):
        "A property is described."
if True:
    async def h():
        """An async function is described."""
try:
    pass
except ImportError:
    def k():
        """A fallback is described."""
'''


def test_documented_objects_of_a_file(tmp_path):
    path = tmp_path / "lib" / "sub" / "__init__.py"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE)
    objects = sources.read("lib", str(tmp_path / "lib"), str(path))
    assert [(f.module, f.name, f.kind) for f in objects] == [
        ("lib.sub", "", "module"),
        ("lib.sub", "A", "class"),
        ("lib.sub", "A.f", "function"),
        ("lib.sub", "A.p", "function"),
        ("lib.sub", "h", "function"),
        ("lib.sub", "k", "function"),
    ]
    assert objects[1].summary == "A class is described."
    (tmp_path / "lib" / "bad.py").write_text('"""x"""\ndef (')
    assert sources.read("lib", str(tmp_path / "lib"), str(tmp_path / "lib" / "bad.py")) == []


def test_every_docstring_of_a_library_is_seen():
    """Against a plain walk over one installed library."""
    there = sources.library("huggingface_hub")
    expected, seen = 0, 0
    for path in there.files()[:25]:
        tree = ast.parse(path.read_text("utf-8"))
        inner = {
            id(n)
            for f in ast.walk(tree)
            if isinstance(f, (ast.FunctionDef, ast.AsyncFunctionDef))
            for n in ast.walk(f)
            if n is not f
        }
        kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        expected += sum(
            bool(ast.get_docstring(n, clean=False))
            for n in ast.walk(tree)
            if isinstance(n, kinds) and id(n) not in inner
        )
        seen += len(list(sources.documented(tree)))
    assert seen == expected > 100


def test_reading_imports_no_library():
    code = (
        "import sys, json\nfrom tl_helpers.data.docstrings import sources as s\n"
        "there = s.library('pandas')\n"
        "objects = [x for p in there.files()[:40] for x in s.read('pandas', str(there.folder), "
        "str(p))]\n"
        "print(json.dumps([len(objects), [m for m in s.LIBRARIES if m in sys.modules]]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    n, imported = json.loads(done.stdout)
    assert n > 50 and imported == []


# --- the corpus ----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def made():
    """Four of the libraries: enough to see everything, read once for all tests."""
    return data.load("docstrings", libraries=FEW)


def rows(made):
    return [row for split in made.values() for row in split]


def test_columns_have_their_features(made):
    assert list(made) == ["train", "validation", "test"]
    for name, part in made.items():
        f = part.features
        assert list(f) == ["text", "library", "module", "object", "kind", "summary", "body"]
        assert f["library"].names == list(docstrings.LIBRARIES)
        assert f["kind"].names == ["module", "class", "function"]
        assert str(part.split) == name and len(part) > 200
        row = part[0]
        assert row["text"] == "\n".join(filter(None, [row["summary"], row["body"]]))
    assert 0.6 < made["train"].num_rows / sum(made.num_rows.values()) < 0.95


def test_splits_share_no_module_and_no_sentence(made):
    seen_modules: dict[str, str] = {}
    seen: dict[str, str] = {}
    for name, part in made.items():
        for row in part:
            assert seen_modules.setdefault(row["module"], name) == name
            assert docstrings.split_of(row["module"]) == name
            for line in (row["summary"], *row["body"].split("\n")):
                text = prose.normalised(line)
                if text.count(" ") >= 5:
                    assert seen.setdefault(text, name) == name, line
    texts = [prose.normalised(row["text"]) for row in rows(made)]
    assert len(set(texts)) == len(texts)


def test_next_to_no_code_or_markup_is_left(made):
    text = "\n".join(row["text"] for row in rows(made))
    words = len(text.split())
    assert len(text) > 700_000
    for pattern in (
        r"`",
        r">>>",
        r"https?://",
        r"::",
        r"\.\. \w",
        r":\w+:`",
        r"\*\*",
        r"[{}|\\]",
        r"</?\w+>",
        r"\[\d+\]",
        r"^-{3,}$",
        r"\0",
    ):
        assert not re.findall(pattern, text, re.M), pattern
    code = re.findall(r"\w+_\w+|\w+\([^)]*\)|\w=\w", text)
    assert len(code) / words < 0.03
    common = re.findall(r"\b(?:the|of|a|to|is|and|in|for|be)\b", text, re.I)
    assert len(common) / words > 0.2  # as English has it


def test_order_of_files_does_not_matter(made, monkeypatch):
    there = docstrings.installed(["IPython"])
    objects = corpus.extract(there)
    monkeypatch.setattr(
        sources.Library, "files", lambda self, f=sources.Library.files: f(self)[::-1]
    )
    assert corpus.extract(there) == objects
    shuffled = list(np.random.RandomState(0).permutation(len(objects)))
    again = sorted((objects[i] for i in shuffled), key=lambda f: (f.module, f.name))
    assert corpus.unique(again) == corpus.unique(objects)


def test_versions_are_in_the_fingerprint(made):
    there = docstrings.installed(FEW)
    spec = corpus.specification(there, raw=False)
    for x in there:
        assert f"{x.name} {x.version}" in made["train"].info.description and x.licence
        newer = spec | {"libraries": spec["libraries"] | {x.name: x.version + ".1"}}
        assert corpus.fingerprint(newer) != corpus.fingerprint(spec)
    assert corpus.fingerprint(spec | {"raw": True}) != corpus.fingerprint(spec)
    assert corpus.fingerprint(spec) in made["train"].info.description


def test_cache_is_used_and_a_damaged_one_made_again(made, monkeypatch):
    folder = (
        files.cache_dir()
        / "docstrings"
        / corpus.fingerprint(corpus.specification(docstrings.installed(FEW), False))
    )
    assert json.loads((folder / "corpus.json").read_text("utf-8"))["rows"] == made.num_rows
    calls = []
    real = corpus.extract(docstrings.installed(["IPython"]))
    monkeypatch.setattr(corpus, "extract", lambda *a: calls.append(a) or real)
    assert data.load("docstrings", "test", libraries=FEW)["text"][:] == made["test"]["text"][:]
    assert not calls
    where = (
        files.cache_dir()
        / "docstrings"
        / corpus.fingerprint(corpus.specification(docstrings.installed(["IPython"]), False))
    )
    shutil.rmtree(where, ignore_errors=True)  # of another test in this process
    small = data.load("docstrings", libraries=["IPython"])  # made now
    assert len(calls) == 1
    (where / "data" / "train.arrow").write_bytes(b"{")
    again = data.load("docstrings", libraries=["IPython"])
    assert len(calls) == 2 and again.num_rows == small.num_rows
    assert not [p for p in where.parent.iterdir() if p.suffix == ".part"]


def test_a_worker_that_is_ended_is_said_and_leaves_nothing(monkeypatch, tmp_path):
    parent = os.getpid()

    def ended(*_):
        assert os.getpid() != parent
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setenv("TL_CACHE", str(tmp_path))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(corpus, "read_all", ended)
    with pytest.raises(CourseError, match="broke off(.|\n)*run it again"):
        data.load("docstrings", libraries=["IPython"])
    assert [p for p in (tmp_path / "docstrings").iterdir() if p.suffix != ".lock"] == []


def test_nothing_half_written_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("TL_CACHE", str(tmp_path))

    def broken(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(corpus.tables, "write", broken)
    monkeypatch.setattr(
        corpus,
        "extract",
        lambda *a: [
            sources.Documented(
                "numpy", f"numpy.m{i}", "f", "function", f"Return thing {'x' * i} now.", [], ""
            )
            for i in range(60)
        ],
    )
    with pytest.raises(KeyboardInterrupt):
        data.load("docstrings")
    assert [p for p in (tmp_path / "docstrings").iterdir() if p.suffix != ".lock"] == []


def test_raw_keeps_the_markup():
    raw = data.load("docstrings", "train", libraries=["IPython"], raw=True)
    assert any(">>>" in text or "``" in text for text in raw["text"][:])
    assert all(row["text"].startswith(row["summary"]) for row in raw.select(range(50)))


def test_missing_libraries(monkeypatch, capsys):
    real = corpus.library
    monkeypatch.setattr(corpus, "library", lambda n: None if n in ("torch", "pandas") else real(n))
    assert len(docstrings.installed()) == len(docstrings.LIBRARIES) - 2
    assert "without pandas, torch" in capsys.readouterr().out
    monkeypatch.setattr(corpus, "library", lambda n: real(n) if n == "numpy" else None)
    with pytest.raises(CourseError, match="pip install scipy"):
        docstrings.installed()
    assert [x.name for x in docstrings.installed(["numpy"])] == ["numpy"]
    with pytest.raises(UnknownName, match="numpy"):
        data.load("docstrings", libraries=["nunpy"])
    for wrong in ({"libraries": []}, {"raw": "yes"}):
        with pytest.raises(BadValue):
            data.load("docstrings", **wrong)
    with pytest.raises(UnknownName, match="libraries"):
        data.load("docstrings", library="numpy")
    with pytest.raises(UnknownName, match="validation"):
        data.load("docstrings", "valid")


def test_a_library_that_is_not_installed_is_none(monkeypatch):
    monkeypatch.setitem(sources.LIBRARIES, "numpy", "no-such-distribution-anywhere")
    assert sources.library("numpy") is None


def test_report_says_how_much_comes_from_where(made):
    table = docstrings.report(made)
    assert list(table.index) == [n for n in docstrings.LIBRARIES if n in FEW]
    assert table["objects"].sum() == sum(made.num_rows.values())
    assert (table["licence"] != "").all() and (table["version"] != "").all()


# --- tasks ---------------------------------------------------------------------------------------
def test_which_library(made):
    task = docstrings.library_task(made["train"])
    assert task.features["label"].names == list(docstrings.LIBRARIES)
    text = "\n".join(task["text"][:])
    assert not re.search(r"\b(pandas|matplotlib|pyplot|numpy|ipython)\b", text, re.I)
    shown = "\n".join(docstrings.library_task(made["train"], hide_names=False)["text"][:])
    assert re.search(r"\bpandas\b", shown)
    with pytest.raises(BadValue, match="least_words"):
        docstrings.library_task(made["train"], least_words=10**6)


# --- a tokenizer of their own --------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["wordpiece", "bpe"])
@pytest.mark.parametrize("objective", ["mlm", "clm"])
def test_tokenizers_learned_from_text(made, kind, objective):
    texts = made["train"]["text"][:1500]
    tokenizer = models.train_tokenizer(texts, 1500, kind=kind, objective=objective)
    again = models.train_tokenizer(texts, 1500, kind=kind, objective=objective)
    assert tokenizer.get_vocab() == again.get_vocab() and len(tokenizer) <= 1500
    text = "the values of an unheardofword are returned."
    ids = tokenizer(text)["input_ids"]
    assert tokenizer.decode(ids, skip_special_tokens=True).strip() == text
    assert (ids[0], ids[-1] == tokenizer.sep_token_id) == (
        tokenizer.cls_token_id,
        objective == "mlm",
    )
    unknown = tokenizer(made["test"]["text"][:200], add_special_tokens=False)["input_ids"]
    flat = [i for row in unknown for i in row]
    assert flat.count(tokenizer.unk_token_id) / len(flat) < 0.002
    model, same = models.new("tiny", objective, tokenizer=tokenizer)
    assert same is tokenizer and model.config.vocab_size == len(tokenizer)


@pytest.mark.parametrize(
    "wrong, error",
    [
        ({"vocab_size": 100}, BadValue),
        ({"kind": "unigram"}, UnknownName),
        ({"objective": "xlm"}, UnknownName),
        ({"texts": [" "]}, BadValue),
    ],
)
def test_tokenizers_that_cannot_be(wrong, error):
    with pytest.raises(error):
        models.train_tokenizer(**({"texts": ["some text"]} | wrong))
