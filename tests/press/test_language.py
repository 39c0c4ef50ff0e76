"""The course says what a learner can look up: the field's own terms, and no private dialect.

Each entry of DIALECT is a word that had a meaning of its own here, with what the field says. Only
that meaning is looked for; the few places where the word itself is meant are in REAL.
"""

from __future__ import annotations

import io
import re
import token
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tl_helpers.press import notebooks

ROOT = Path(__file__).resolve().parents[2]

DIALECT = {
    r"\bopponents?\b": "baseline",
    r"\blikeness(es)?\b": "similarity",
    r"\bby lot\b|\blotter(y|ies)\b|\b(their|whose) lots\b": "at random; control task",
    r"\bdearer\b|\b(is|are|was|were|be|too|more|as|so|very) dear\b": "expensive; costs more",
    r"(?<!for )\bwhoever\b": "a clause with a subject: 'a model that', 'if you'",
    r"(?<!\ba )(?<!\byour )\bcompany\b(?! it keeps)": "context",
    r"\bslopes?\b": "gradient",
    r"\b(own|right|wrong) sides?\b|\badjectives? of the other side\b": "polarity",
    r"\b(carr(y|ies|ied)|tells?|told|knows?) (a|the) sides?\b": "polarity",
    r"\bsides? of an? (opinion|adjective)": "polarity",
    r"\b(each|every|one|last|first|next|earlier) looks?\b(?= (at which|after|more|of)|,|;|:|\.)": (
        "evaluation"
    ),
    r"\b([\d,]+|of|in) pieces\b(?= (need|per|are)|\.|,)": "subwords",
    r"\bcuts?\b[\w ]{0,20}\binto \**(sub|\w+ )?(words|tokens|pieces|guesses)\b": "splits",
}

#: Places where the word is meant as everybody means it, or is no word of ours.
REAL = {
    r"\^whoever|Whoever called the film good": "a pattern of 35, and what it finds",
    r'"whoever"': "a word that a learner's answer may hold",
    r"on a slope there|that slope is the steeper|where their slopes balance": "of a drawn curve",
    r"from one look\b|this is a first look": "a glance",
    r"Cut it into pieces of": "a long text, by the reader",
}


def strings(source: str) -> Iterator[str]:
    """The strings and comments of a piece of Python: what is read in it, but for names."""
    kinds = {token.STRING, token.COMMENT, getattr(token, "FSTRING_MIDDLE", token.STRING)}
    for item in tokenize.generate_tokens(io.StringIO(source).readline):
        if item.type in kinds:
            yield item.string


def read() -> Iterator[tuple[str, str]]:
    """(where, what): everything that somebody reads who works with the course."""
    for path in notebooks.find():
        for cell in notebooks.read(path).cells:
            place = f"{path.name} {cell.id}"
            yield f"{place}, its slide", "\n".join(cell.metadata.get("tl", {}).get("slide", []))
            if cell.cell_type == "markdown":
                yield place, cell.source
            elif "bootstrap" not in cell.metadata.get("tags", []):
                yield from ((place, text) for text in strings(cell.source))
    for pattern in ("tl_lessons/**/*.toml", "sessions/*.md", "site/**/*.md"):
        for path in sorted((ROOT / "notebooks").glob(pattern)):
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")
    for folder in ("notebooks/tl_lessons", "tl_helpers"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if path.parts[len(ROOT.parts) + 1] != "town":  # the town has words of its own
                place = str(path.relative_to(ROOT))
                said = strings(path.read_text("utf-8"))
                yield from ((place, text) for text in said if not text.startswith("#"))
    yield "README.md", (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def course() -> list[tuple[str, str]]:
    return list(read())


def dialect(text: str) -> list[str]:
    """The words of a text that should be others, each with what to say instead."""
    for phrase in REAL:
        text = re.sub(phrase, "", text)
    text = re.sub(r"\s+", " ", text)
    return [
        f"'{found[0]}': say {instead} ({text[max(0, found.start() - 40) : found.end() + 40]})"
        for word, instead in DIALECT.items()
        for found in re.finditer(word, text, re.IGNORECASE)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The serious opponent is the average.",
        "its likeness to *soup*",
        "classes that were drawn by lot",
        "A step of one is dearer than a step of another.",
        "when new texts are dear",
        "Whoever says *praise* is right.",
        "words that keep the same company",
        "the slope for the other is zero",
        "adjectives of the right side",
        "trigrams of 4,000 pieces.",
        "The tokenizer cuts the text into **subwords**.",
        "accuracy at each look, and compute",
    ],
)
def test_dialect_is_found(text):
    assert dialect(text)


@pytest.mark.parametrize(
    "text",
    [
        "You shall know a word by the company it keeps.",
        "A company sells sentiment by API.",
        "Dear Frances, the soup was lovely.",
        "a page for whoever leads it",
        "the start notebook",
        "Look at each of them; the last layer; three pieces of evidence.",
        "what is beyond the window is cut off",
        "on either side of the word, on both sides",
    ],
)
def test_plain_english_is_left_alone(text):
    assert dialect(text) == []


def test_the_course_speaks_the_language_of_the_field(course):
    found = [f"{place}: {word}" for place, text in course for word in dialect(text)]
    assert not found, "\n".join(["say it in the field's words:", *found])


@pytest.mark.parametrize("phrase", REAL)
def test_the_list_of_real_uses_is_still_needed(course, phrase):
    assert any(re.search(phrase, text) for _, text in course), f"nobody says {phrase!r} any more"
