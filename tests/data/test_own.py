"""A learner's own CSV file: whatever offices and programs write, and what is said about it."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tl_helpers import own
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName

NUMBERS = "one two three four five six seven eight nine ten".split()
ROWS = [
    (f"the {thing} {number} was {how} on the {day}", "blame" if how == "cold" else "praise")
    for number in NUMBERS
    for thing, day in [("soup", "Monday"), ("fish and the tea", "morning")]
    for how in ("cold", "fine")
]
TEXTS, LABELS = [text for text, _ in ROWS], [label for _, label in ROWS]


def lines(delimiter=",", header=True, rows=ROWS):
    head = [f"text{delimiter}label"] if header else []
    return "\n".join([*head, *(f"{text}{delimiter}{label}" for text, label in rows), ""])


@pytest.fixture
def write(tmp_path):
    def written(content, encoding="utf-8"):
        path = tmp_path / "mine.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return written


# --- files that can be read ----------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_with_and_without_a_byte_order_mark(write, encoding, delimiter):
    found = own.read_csv(write(lines(delimiter), encoding))
    assert sorted(found.texts) == sorted(TEXTS)
    assert found.classes == ["blame", "praise"]
    assert found.facts["rows"] == 40 and found.facts["copies"] == 0
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    assert f"with a {names[delimiter]} between" in str(found)


def test_windows_line_ends_and_an_old_encoding(write):
    rows = [(f"le café numéro {n} était {how}", how) for n in NUMBERS for how in ("salé", "sucré")]
    found = own.read_csv(write(lines(";", rows=rows).replace("\n", "\r\n"), "cp1252"))
    assert found.classes == ["salé", "sucré"] and "café" in found.texts[0]


def test_quotation_marks_line_breaks_and_delimiters_inside_a_text(write):
    rows = [(f'"{text}, said ""he"",\nand left"', label) for text, label in ROWS]
    found = own.read_csv(write(lines(rows=rows)))
    assert len(found.texts) == 40
    assert found.texts[0].endswith('Monday, said "he", and left')


def test_no_header(write):
    path = write(lines(";", header=False))
    assert len(own.read_csv(path, text=0, label=1).texts) == 40
    with pytest.raises(UnknownName, match=r"(?s)'text'.*the soup one was cold.*text=0, label=1"):
        own.read_csv(path)


def test_words_that_pandas_would_take_for_missing_ones_are_texts(write):
    rows = [*ROWS, ("NA", "praise"), ("null", "blame")]
    assert {"NA", "null"} <= set(own.read_csv(write(lines(rows=rows))).texts)


def test_a_hundred_thousand_rows(write):
    rng = random.Random(0)
    words = [f"w{n}" for n in range(5000)]
    rows = [(" ".join(rng.choices(words, k=15)), rng.choice("abc")) for _ in range(100_000)]
    found = own.read_csv(write(lines(rows=[*rows, rows[0]])))
    assert len(found.texts) == 100_000 and found.facts["copies"] == 1
    few = found.draw(1000, seed=1)
    assert len(few.texts) == 1000 and few.classes == found.classes
    assert set(few.texts) <= set(found.texts)


# --- what is reported ----------------------------------------------------------------------------


def test_labels_that_occur_once_are_set_aside_and_named(write):
    found = own.read_csv(write(lines(rows=[*ROWS, ("a thing", "rare"), ("one more", "odd")])))
    assert found.classes == ["blame", "praise"]
    assert found.facts["small"] == {"rare": 1, "odd": 1}
    assert "with a single text: 2" in str(found) and "rare (1)" in str(found)


def test_rows_without_text_or_label_are_left_out(write):
    found = own.read_csv(write(lines() + ",praise\nno label,\n"))
    assert found.facts["empty"] == 2 and len(found.texts) == 40


def test_copies_and_contradictions(write):
    rows = [*ROWS, (TEXTS[0].upper() + "!", LABELS[0]), (TEXTS[1], "blame")]
    found = own.read_csv(write(lines(rows=rows)))
    assert found.facts["copies"] == 2 and found.facts["contradictions"] == 1
    assert len(found.texts) == 40


def test_near_copies_share_a_group():
    long = "we would like to complain about the train that did not come on time this morning"
    texts = [long, "Dear Sir, " + long, "a bad film", "A bad film.", "a good film", ""]
    groups = own.near_copies(texts)
    assert groups[0] == groups[1] and groups[2] == groups[3]
    assert len(set(groups.tolist())) == 4


def test_a_frequent_phrase_makes_no_copies():
    texts = [
        f"please find enclosed {number} {'x' * (number % 7)} y{number}" for number in range(300)
    ]
    assert len(np.unique(own.near_copies(texts))) == 300


def test_uneven_classes_are_said(write):
    rows = [(f"text number {n} of {n * n} words", "often") for n in range(90)]
    rows += [(f"another one {n} of those {n * 7}", "seldom") for n in range(9)]
    said = str(own.read_csv(write(lines(rows=rows))))
    assert "91%" in said and "10 times as frequent" in said and "macro-F1" in said


def test_a_draw_keeps_eight_of_each_class():
    texts = [f"text number {n} of {n * n} words" for n in range(500)]
    found = own.clean(texts, ["seldom" if n < 10 else "often" for n in range(500)])
    drawn = found.draw(50, seed=3)
    assert drawn.labels.count("seldom") >= 8 and len(drawn.texts) == 50
    assert found.draw(50, seed=3).texts == drawn.texts != found.draw(50, seed=4).texts


# --- files that cannot be read -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        (b"", BrokenFile, "is empty"),
        (b"text,label\n", BrokenFile, "no rows"),
        (b"PK\x03\x04rest", BrokenFile, "Save it as CSV"),
        (b"text,label\n\x00\x01\x02,a\n", BrokenFile, "no text in a known encoding"),
        ('text,label\nfine,a\n"bar,b\nbaz,a\n', BrokenFile, "row 2 .* never closed"),
        ("text,label\nfine,a\nbar, and more,b\n", BrokenFile, "line 3: 3 cells where 2"),
        ("text,label\nfine,x,a\nbar,y,b\n", BrokenFile, "quotation marks"),
        ("text,label\nfine,a\nbad,a\n", BadValue, "same label, 'a'"),
        (
            lines(rows=[(t, f"id{i}") for i, t in enumerate(TEXTS)]),
            BadValue,
            "These are no classes",
        ),
        ("text,label\n" + "a b,x\n" * 9 + "c d,y\n" * 9, BadValue, "none has 8 different texts"),
        ("text,label\n,\n,\n", BadValue, "No row has"),
        ("words,kind\nfine,a\n", UnknownName, "The first row has: 'words', 'kind'"),
    ],
)
def test_files_that_cannot_be_used(write, content, error, said):
    with pytest.raises(error, match=f"(?s){said}"):
        own.read_csv(write(content))


def test_no_file_and_columns_that_are_not_two(write, tmp_path):
    with pytest.raises(BrokenFile, match="does not exist"):
        own.read_csv(tmp_path / "none.csv")
    path = write(lines())
    with pytest.raises(BadValue, match="two columns"):
        own.read_csv(path, text="text", label="text")
    with pytest.raises(BadValue, match="alike"):
        own.read_csv(path, text="text", label=1)
    with pytest.raises(UnknownName, match="from 0 to 1"):
        own.read_csv(path, text=0, label=7)


def test_texts_at_hand_go_through_the_same_gate():
    with pytest.raises(BadValue, match="40 texts but 39 labels"):
        own.clean(TEXTS, LABELS[1:])
    with pytest.raises(BadValue, match="not a list"):
        own.clean("one text", LABELS)
    assert len(own.clean(TEXTS, LABELS).texts) == 40
