"""Words in any alphabet: what is a letter, and which scripts write no blanks between words."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

#: Scripts without blanks between words; each letter of theirs is taken for a word.
_UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai and Lao
    (0x0F00, 0x0FFF),  # Tibetan
    (0x1000, 0x109F),  # Burmese
    (0x1780, 0x17FF),  # Khmer
    (0x19E0, 0x19FF),
    (0x1A20, 0x1AAF),  # Tai Tham
    (0x2E80, 0x312F),  # Chinese radicals and marks, kana, bopomofo
    (0x3190, 0x4DBF),
    (0x4E00, 0x9FFF),  # Chinese characters
    (0xA000, 0xA4CF),  # Yi
    (0xA9E0, 0xA9FF),
    (0xAA60, 0xAA7F),
    (0xF900, 0xFAFF),
    (0xFE10, 0xFE1F),
    (0xFE30, 0xFE4F),
    (0xFF00, 0xFF9F),  # full-width signs, half-width kana
    (0x1B000, 0x1B16F),
    (0x20000, 0x3FFFF),
)
_FIRST = _UNSPACED[0][0]


@cache
def unspaced(character: str) -> bool:
    """Whether a character belongs to a script that writes no blanks between words.

    Example:
        >>> [unspaced(c) for c in "aж好"]
        [False, False, True]
    """
    code = ord(character)
    return code >= _FIRST and any(low <= code <= high for low, high in _UNSPACED)


def spaced(text: str) -> str:
    """``text`` with blanks around each letter of a script that has none.

    A vowel sign or tone mark stays with the letter before it.

    Example:
        >>> spaced("一二 or 3")
        '一 二 or 3'
    """
    if text.isascii():
        return text
    found: list[str] = []
    for character in text:
        if not unspaced(character):
            apart = found and unspaced(found[-1][-1]) and not character.isspace()
            found.append(f" {character}" if apart and not _mark(character) else character)
        elif _mark(character) and found and not found[-1][-1].isspace():
            found.append(character)
        else:
            first = not found or found[-1][-1].isspace()
            found.append(character if first else f" {character}")
    return "".join(found)


_NOT_ENDS = "\u05f3\u05f4"  # signs of abbreviation, inside Hebrew words


@cache
def _ends(character: str) -> bool:
    """Whether it is a full stop, comma or the like of a script that is not written in Latin ones.

    Those of Latin ones are left to the tokenizer that knows them.
    """
    code = ord(character)
    if code < 0x0530 or 0x2000 <= code < 0x2070 or character in _NOT_ENDS or unspaced(character):
        return False
    return unicodedata.category(character) == "Po"


def parts(text: str) -> str:
    """``text`` with blanks where BLEU is to see the end of a word, in any alphabet.

    Accents belong to their letters, however they are encoded; letters of scripts without blanks
    stand alone, and so do marks such as the danda, but not between two digits.

    Example:
        >>> parts("\u0939\u0948\u0964 or 3")
        '\u0939\u0948 \u0964 or 3'
    """
    if text.isascii():
        return text
    whole = unicodedata.normalize("NFC", text)
    if not any(map(_ends, set(whole))):
        return spaced(whole)
    found = []
    for place, character in enumerate(whole):
        beside = whole[max(place - 1, 0)] + whole[min(place + 1, len(whole) - 1)]
        apart = _ends(character) and not beside.isnumeric()
        found.append(f" {character} " if apart else character)
    return spaced(" ".join("".join(found).split()))


@cache
def _mark(character: str) -> bool:
    return unicodedata.category(character)[0] == "M"


@cache
def _kept(character: str) -> bool:
    """Letters, the marks that belong to them, and numbers."""
    return unicodedata.category(character)[0] in "LMN"


_PICTURE = "[\u2300-\u2bff\U0001f000-\U0001faff]"
_TONE = "[\U0001f3fb-\U0001f3ff]"
#: A picture with its tone of skin, several joined to one, or the two letters of a flag.
_EMOJI = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTURE}{_TONE}?(?:\u200d{_PICTURE}{_TONE}?)*", re.UNICODE
)
_SELECTOR = re.compile("[\ufe0e\ufe0f]")  # in colour, or not: the same picture


def words(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation marks, in any alphabet.

    Accents and vowel signs belong to their letters, however they are encoded, and letters of
    another width are the same. Where a script has no blanks between words, each letter is one; and
    each emoji is a word.

    Example:
        >>> words("Über 3 Bücher: 一二。")
        ['über', '3', 'bücher', '一', '二']
    """
    if text.isascii():
        return re.findall("[a-z0-9]+", text.lower())
    whole = spaced(unicodedata.normalize("NFKC", _SELECTOR.sub("", text)).lower())
    whole = unicodedata.normalize("NFC", whole)
    found, end = [], 0
    for emoji in _EMOJI.finditer(whole):
        found += [_letters(whole[end : emoji.start()]), emoji[0]]
        end = emoji.end()
    return " ".join([*found, _letters(whole[end:])]).split()


def _letters(text: str) -> str:
    return "".join(c if _kept(c) else " " for c in text)
