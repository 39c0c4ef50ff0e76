"""What people say to their house, in 65 languages: a piece of the shelf.

The package (Home Assistant's intents) has no sentences but templates, such as
``turn on [the] {area} (light|lamp)``. Here each is read, and sentences are drawn from it.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue, BrokenFile

#: What a template leaves to the home where it is used: names of rooms, things, people. The same
#: invented ones stand in all languages, so that no language has the advantage of common words.
HOME = {
    "area": ["Alma", "Boreal", "Nova", "Verona"],
    "floor": ["Atlas", "Zenit"],
    "name": ["Luma", "Orion", "Pico", "Tesla", "Vega"],
}
_ANY = ["Aurora", "Bruno", "Delta", "Kilo", "Sierra", "Victor"]
_TRIES = 4  # draws for each sentence that is wanted, before a template is taken to have no more
_DEPTH = 30  # of rules within rules


class Said(NamedTuple):
    """A sentence, with the places of its slots."""

    text: str
    slots: list[str]
    starts: list[int]
    ends: list[int]


def convert(source: Path, target: Path) -> None:
    """Keep each language's file.

    Example:
        >>> convert(Path("taken"), Path("made"))  # doctest: +SKIP
    """
    for path in sorted((source / "languages").iterdir()):
        shutil.copyfile(path, target / path.name)


def languages(folder: Path) -> list[str]:
    """The languages that are there.

    Example:
        >>> languages(folder)[:3]  # doctest: +SKIP
        ['af', 'ar', 'bg']
    """
    return sorted(path.stem for path in folder.glob("*.json") if path.name != "shelf.json")


def rows(
    folder: Path, language: str | Sequence[str] = "en", n: int = 3, seed: int = 0
) -> Iterator[dict[str, Any]]:
    """Sentences of one language or several.

    Args:
        folder: of the piece.
        language: such as ``"de"``, or a list of them.
        n: sentences to draw from each template; fewer where a template does not have as many.
        seed: another seed, other sentences.

    Raises:
        UnknownName: a language that is not there; lists those that are.
        BadValue: no language, one that is no code, or ``n`` is no number of sentences.

    Example:
        >>> next(rows(folder, "en"))["intent"]  # doctest: +SKIP
        'HassBroadcast'
    """
    n, seed = checks.at_least_one(n, "n"), checks.seed(seed)
    wanted = [language] if isinstance(language, str) else language
    there = languages(folder)
    if not isinstance(wanted, Sequence) or not all(isinstance(name, str) for name in wanted):
        raise BadValue(
            f"language={checks.shown(language)} is neither a code nor a list of codes.",
            f"Use some of: {', '.join(there)}.",
        )
    if not wanted:
        raise BadValue("language=[] names no language.", f"Use some of: {', '.join(there)}.")
    for name in wanted:
        checks.known("language", name, there)
    for name in dict.fromkeys(wanted):
        yield from _of(folder / f"{name}.json", name, n, seed)


def _of(path: Path, language: str, n: int, seed: int) -> Iterator[dict[str, Any]]:
    try:
        content = json.loads(path.read_text("utf-8"))
        grammar = Grammar(content["expansion_rules"], content["lists"])
        blocks = [
            (intent, block) for intent, kind in content["intents"].items() for block in kind["data"]
        ]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenFile(
            f"{path} is damaged ({error}).",
            "Fetch it again: tl shelf remove intents, then tl shelf fetch intents",
        ) from None
    number = 0
    for intent, block in blocks:
        for template in block["sentences"]:
            number += 1
            rng = random.Random(f"{seed}/{language}/{template}")
            drawn: dict[str, Said] = {}
            for _ in range(_TRIES * n):
                said = grammar.draw(template, rng)
                if said.text and len(drawn) < n:
                    drawn.setdefault(said.text, said)
            for place, said in enumerate(drawn.values()):
                yield {
                    "id": f"{language}-{number:04d}-{place}",
                    "language": language,
                    "intent": intent,
                    **said._asdict(),
                    "template": f"{language}-{number:04d}",
                    "split": _split(language, template),
                }


def _split(language: str, template: str) -> str:
    """A third of the templates is for testing, so no test sentence varies one of training."""
    digest = hashlib.sha256(f"{language}/{template}".encode()).digest()
    return "test" if digest[0] % 3 == 0 else "train"


@dataclass
class Grammar:
    """The rules and lists of a language.

    ``[...]`` may be left out, ``(a|b)`` is one of both, ``(a;b)`` both in any order, ``<rule>`` is
    looked up, ``{list}`` or ``{list:slot}`` is a value.

    Attributes:
        rules: name -> template.
        lists: name -> its values, a range of numbers, or whatever a speaker likes.
    """

    rules: dict[str, str]
    lists: dict[str, Any]
    _open: list[str] = field(default_factory=list)

    def draw(self, template: str, rng: random.Random) -> Said:
        """One sentence of a template.

        Raises:
            BrokenFile: a bracket is not closed, or a rule is not there.

        Example:
            ``Grammar({}, {}).draw("turn (on|up)", random.Random(0)).text`` -> ``"turn up"``
        """
        parts: list[tuple[str, str]] = []
        self._say(_parsed(template), rng, parts)
        text = ""
        slots, starts, ends = [], [], []
        for words, slot in parts:
            start = None
            for character in words:
                if not character.isspace():
                    start = len(text) if start is None else start
                    text += character
                elif text and not text[-1].isspace():
                    text += " "
            if slot and start is not None:
                slots.append(slot)
                starts.append(start)
                ends.append(len(text.rstrip()))
        return Said(text.strip(), slots, starts, ends)

    def _say(self, node: Any, rng: random.Random, parts: list[tuple[str, str]]) -> None:
        kind, content = node
        if kind == "text":
            parts.append((content, ""))
        elif kind == "all":
            for inner in content:
                self._say(inner, rng, parts)
        elif kind == "any":
            self._say(rng.choice(content), rng, parts)
        elif kind == "maybe":
            if rng.random() < 0.5:
                self._say(content, rng, parts)
        elif kind == "mixed":
            for place, inner in enumerate(rng.sample(content, len(content))):
                parts.append((" ", "")) if place else None
                self._say(inner, rng, parts)
        elif kind == "rule":
            if content not in self.rules or len(self._open) > _DEPTH:
                raise BrokenFile(f"There is no rule <{content}>.", "Fetch the piece again.")
            self._open.append(content)
            self._say(_parsed(self.rules[content]), rng, parts)
            self._open.pop()
        else:
            name, _, slot = content.partition(":")
            parts.append((self._value(name, rng), slot or name))

    def _value(self, name: str, rng: random.Random) -> str:
        listed = self.lists.get(name, {})
        if "range" in listed:
            span = listed["range"]
            return str(rng.randrange(span["from"], span["to"] + 1, span.get("step", 1)))
        if values := listed.get("values"):
            chosen = rng.choice(values)
            inner = Grammar(self.rules, {})
            return inner.draw(chosen["in"] if isinstance(chosen, dict) else chosen, rng).text
        return rng.choice(HOME.get(name, _ANY))


_TOKEN = re.compile(r"[\[\]()|;]|<[^>]*>|\{[^}]*\}|(?:\\.|[^\[\]()|;<{\\])+")


@cache
def _parsed(template: str) -> Any:
    """A template as a tree."""
    tokens = _TOKEN.findall(template)
    node, rest = _alternatives(tokens, 0)
    if rest != len(tokens):
        raise BrokenFile(f"The template {template!r} closes a bracket too many.", "Correct it.")
    return node


def _alternatives(tokens: list[str], at: int) -> tuple[Any, int]:
    """What stands between two brackets: alternatives, or parts in any order, or one sequence."""
    options: list[Any] = []
    items: list[Any] = []
    signs = set()
    while at < len(tokens) and tokens[at] not in ")]":
        token = tokens[at]
        at += 1
        if token in "|;":
            signs.add(token)
            options.append(("all", items))
            items = []
        elif token in "([":
            inner, at = _alternatives(tokens, at)
            if at == len(tokens) or tokens[at] != {"(": ")", "[": "]"}[token]:
                raise BrokenFile("A template leaves a bracket open.", "Correct it.")
            at += 1
            items.append(("maybe", inner) if token == "[" else inner)
        elif token[0] == "<":
            items.append(("rule", token[1:-1]))
        elif token[0] == "{":
            items.append(("slot", token[1:-1]))
        else:
            items.append(("text", re.sub(r"\\(.)", r"\1", token)))
    if not signs:
        return ("all", items), at
    return ("mixed" if ";" in signs else "any", [*options, ("all", items)]), at
