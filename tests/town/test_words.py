"""The town's words and grammar in ``data/town``: readable, complete, and refused when damaged."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
import tomllib

import pytest

from tl_helpers import town
from tl_helpers.core import files
from tl_helpers.core.errors import BrokenFile
from tl_helpers.town import classes, grammar, lexicon, sources
from tl_helpers.town.categories import categories
from tl_helpers.town.second.words import SENSES, SMALL, SYNONYMS

NAMES = ["classes", "domains", "english", "grammar", "homonyms", "ondalese", "people", "words"]


@pytest.fixture()
def copy(tmp_path, monkeypatch):
    """A data folder with the town's files and nothing else."""
    shutil.copytree(files.data_dir() / "town", tmp_path / "town")
    monkeypatch.setenv("TL_DATA", str(tmp_path))
    files.write_checksums()
    sources.read.cache_clear()
    yield tmp_path / "town"
    sources.read.cache_clear()


# --- the files -----------------------------------------------------------------------------------
def test_the_files_are_those_that_are_read_and_say_what_they_are():
    paths = sorted((files.data_dir() / "town").iterdir())
    assert [path.name for path in paths] == [f"{name}.toml" for name in NAMES]
    for path in paths:
        text = path.read_text("utf-8")
        assert text.startswith("# ") and "\n\n" in text, path
        assert all(len(line) <= 100 for line in text.splitlines()), path
        assert sources.read(path.stem) == tomllib.loads(text)


def test_a_file_is_read_once(copy):
    first = sources.read("people")
    (copy / "people.toml").unlink()
    assert sources.read("people") is first


def test_a_damaged_file_is_one_clear_error(copy):
    path = copy / "words.toml"
    path.write_text(path.read_text("utf-8").replace("lovely", "lively", 1), "utf-8")
    with pytest.raises(BrokenFile, match="changed or damaged") as error:
        sources.read("words")
    assert str(path) in str(error.value)
    assert "git checkout -- data/town/words.toml" in str(error.value)


def test_the_town_is_not_opened_with_a_damaged_file(copy):
    (copy / "grammar.toml").unlink()
    code = (
        "from tl_helpers.core.errors import BrokenFile\n"
        "try:\n    import tl_helpers.town\n"
        "except BrokenFile as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ, capture_output=True, text=True, check=True
    )
    assert "grammar.toml is missing" in done.stdout
    assert "git checkout -- data/town/grammar.toml" in done.stdout


@pytest.mark.parametrize("wrong", [b"[ball\n", b"clip = 'a\n", b"clip = '''a\n", b"\xff\n"])
def test_a_malformed_file_names_itself_and_the_line(copy, wrong):
    path = copy / "homonyms.toml"
    start = path.read_bytes()
    path.write_bytes(start + wrong)
    files.write_checksums("town/homonyms.toml")
    with pytest.raises(BrokenFile, match="homonyms.toml") as error:
        sources.read("homonyms")
    assert f"homonyms.toml, line {start.count(bytes([10])) + 1}: not " in str(error.value)
    assert "git checkout -- data/town/homonyms.toml" in str(error.value)


def test_a_list_that_is_missing_is_named(monkeypatch):
    film = {**lexicon._DOMAINS["film"]["topics"]["comedy"]}
    del film["things"]
    monkeypatch.setitem(lexicon._DOMAINS["film"]["topics"], "comedy", film)
    with pytest.raises(BrokenFile, match="'things'.*'comedy'"):
        lexicon.words.__wrapped__("things", "film", "comedy")


# --- what stands in them -------------------------------------------------------------------------
def test_no_list_is_empty_and_no_word_stands_in_it_twice():
    def lists(table):
        for name, value in table.items():
            if isinstance(value, dict):
                yield from lists(value)
            elif name not in ("pos", "by", "class"):
                yield name, value.split()

    for name in ("domains", "people", "words"):
        for key, words in lists(sources.read(name)):
            assert words and len(set(words)) == len(words), (name, key)


def test_words_by_context():
    assert lexicon.words("choose", "positive")[:2] == ("try", "choose")
    assert set(lexicon.words("thing", "film")) > set(lexicon.words("thing", "film", "comedy"))
    assert len(lexicon.words("thing")) > 400
    every = {w for p in ("negative", "positive") for w in lexicon.words("eval", "any", p)}
    assert every == set(lexicon.words("eval", "any"))
    made = categories(1.3, 0.5)
    assert list(made) == list(lexicon.POS)
    for name, category in made.items():
        assert set(lexicon.words(name)) <= set(category.words)


def test_exceptions_are_nouns_of_their_topic_and_classes_exist():
    for domain in lexicon.DOMAINS:
        for topic, table in sources.read("domains")[domain]["topics"].items():
            nouns = {w for name in ("thing", "things", "item") for w in table[name].split()}
            listed = [w for text in table.get("except", {}).values() for w in text.split()]
            assert set(listed) <= nouns and len(set(listed)) == len(listed), (domain, topic)
            assert set(lexicon.topic_classes(domain, topic).values()) <= set(classes.CLASSES)
    table = sources.read("classes")
    assert set(table["yards"].split()) <= set(lexicon.words("place"))
    for category, lines in table["fits"].items():
        said = {w for line in lines for w in line.split()}
        known = set(lexicon.words(category))
        if category == "loved":
            known |= set(lexicon.words("love"))
        assert "class" in lexicon.BY[category] and said <= known, (category, said - known)
        named = {x for text in lines.values() for x in text.split()}
        assert named <= {*classes.CLASSES, *table["groups"]}


def test_every_rule_of_the_grammar_is_used():
    text = " ".join(rule for *_, rule in grammar.SENTENCES) + " " + " ".join(grammar.RULES.values())
    symbols = {item.rsplit(":", 1)[-1].lstrip("*") for item in text.split()}
    for name in grammar.RULES:
        assert name.removesuffix("_news") in symbols, name
    for domains, role, kind, weight, _ in grammar.SENTENCES:
        assert set(domains) <= set(lexicon.DOMAINS) and weight > 0
        assert role in ("open", "body", "close", "sign") and kind in ("plain", "hard", "neutral")


def test_what_is_decided_by_hand_in_the_second_language_is_about_words_of_the_town():
    assert all(stem.isalpha() and stem.islower() for stem in SMALL.values())
    for groups in SYNONYMS.values():
        words = [w for group in groups for w in group.split()]
        assert len(set(words)) == len(words)
    places = {*lexicon.DOMAINS, *lexicon.POS}
    assert all(set(senses) <= places for senses in SENSES.values())


# --- examples ------------------------------------------------------------------------------------
MODULES = [m.name for m in pkgutil.walk_packages(town.__path__, "tl_helpers.town.")]


@pytest.mark.parametrize("module", ["tl_helpers.town", *MODULES])
def test_the_examples_of_the_docstrings_come_out(module):
    assert doctest.testmod(importlib.import_module(module)).failed == 0
