"""The words of Ondalese: one lexeme for each meaning of the town's lexicon, and its forms.

A meaning is a dictionary form, a part of speech and a tag: praise, blame or neither, and the sense
where a word has several (``words.SENSES``). Its root is drawn from a hash of the three, so adding
a word to the town leaves the others as they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from tl_helpers.town import compiled
from tl_helpers.town.lexicon import DOMAINS
from tl_helpers.town.people import occupations, people
from tl_helpers.town.second import english, sounds, words

CASES = {"nom": "", "acc": "n", "dat": "mi", "loc": "sa", "gen": "ve"}
NUMBERS = {"sg": "", "pl": "ri"}
TENSES = {"pres": "e", "past": "o", "fut": "a", "cond": "i"}
FORMS = [f"{case}.{number}" for case in CASES for number in NUMBERS]
FORMS += [f"adj.{number}" for number in NUMBERS]
FORMS += [f"{tense}.{number}" for tense in TENSES for number in NUMBERS]
FORMS += ["inf", "imp", "ptcp.sg", "ptcp.pl", "plain"]
PLURAL_CATEGORIES = {"things", "crowd", "company", "folk"}
PLURAL_WORDS = {"stars", "residents", "wishes"}
BARE_CATEGORIES = {"love", "choose", "use"}
TRANSLATED_NAMES = {"day", "month"}  # written with a small letter, like any noun
SIGNS = "-+"  # of what blames and what praises


class Meaning(NamedTuple):
    """What a lexeme stands for."""

    lemma: str
    pos: str
    tag: str = ""


@dataclass(frozen=True)
class Lexeme:
    """A word of Ondalese: how it is inflected, and what it is inflected from."""

    meaning: Meaning
    kind: str  # noun, adj, verb, name, fixed
    stem: str

    def inflect(self, form: str) -> str | None:
        """The surface of a form, or None when this kind of word has no such form.

        Example:
            ``Lexeme(meaning, "noun", "tabosha").inflect("acc.pl") -> "tabosharin"``
        """
        first, _, number = form.partition(".")
        plural = NUMBERS.get(number, "")
        if self.kind == "fixed":
            return self.stem
        if form == "plain":
            return self.stem if self.kind == "name" else None
        if first in CASES and self.kind == "noun":
            return self.stem + plural + CASES[first]
        if first in CASES and self.kind == "name":
            ending = CASES[first]
            link = "e" if ending == "n" and self.stem[-1] not in "aeiou" else ""
            return self.stem + (f"'{link}{ending}" if ending else "") if number == "sg" else None
        if self.kind == "adj" and first == "adj":
            return f"{self.stem}e{plural}"
        if self.kind == "verb":
            if first in TENSES:
                return self.stem + TENSES[first] + (plural or "l")
            if first == "ptcp":
                return f"{self.stem}ete{plural}"
            return {"inf": f"{self.stem}u", "imp": f"{self.stem}ai"}.get(form)
        return None

    def forms(self) -> dict[str, str]:
        """Every form that it has.

        Example:
            of "table": ``{'nom.sg': 'tabosha', 'nom.pl': 'taboshari', 'acc.sg': 'taboshan', ...}``
        """
        surfaces = {form: self.inflect(form) for form in FORMS}
        return {form: surface for form, surface in surfaces.items() if surface is not None}


def slots() -> Iterator[tuple[str, str, int, int, str]]:
    """``(category, part of speech, domain, polarity, word)`` of all that can be drawn; -1: any.

    Example:
        >>> ("eval", "ADJ", 0, 0, "awful") in slots()
        True
    """
    for category in compiled.categories(1.0, 0.5).values():
        rows = itertools.product(*(range(compiled.SIZES[f]) for f in category.by))
        for row, key in enumerate(rows):
            context = dict(zip(category.by, key, strict=True))
            for i in np.flatnonzero(category.weights[row]):
                yield (
                    category.name,
                    category.pos,
                    context.get("domain", -1),
                    context.get("polarity", -1),
                    category.words[i],
                )


class Lexicon:
    """All lexemes, and which of them a word in its place means."""

    def __init__(self) -> None:
        self._learn_english()
        self._canonical = {
            (word, pos): group.split()[0]
            for pos, groups in words.SYNONYMS.items()
            for group in groups
            for word in group.split()
        }
        self.of_slot: dict[tuple[str, int, int, str], Meaning] = {}
        for category, pos, domain, polarity, word in slots():
            meaning = self._slot(category, pos, domain, polarity, word)
            self.of_slot[category, domain, polarity, word] = meaning
        self.of_literal: dict[tuple[str, str], Meaning] = {}
        for pattern in compiled.patterns():
            for s in pattern.symbols:
                if s.kind == "literal":
                    self.of_literal[s.name, s.pos] = self._literal(s.name, s.pos)
        self.of_name: dict[str, Meaning] = {}
        for word in (*itertools.chain(*people()), "she", "he", "her", "his", *occupations()[0]):
            pos = "NOUN" if word in occupations()[0] else "PRON"
            self.of_name[word] = (
                Meaning(word, "PROPN") if word[0].isupper() else self._literal(word, pos)
            )
        self._make()

    # --- what English words mean -----------------------------------------------------------------
    def _learn_english(self) -> None:
        single, bare, self._english = set(occupations()[0]), set(), set()
        for category, pos, _, _, word in slots():
            self._english.add(word.lower())
            if pos == "NOUN" and category not in PLURAL_CATEGORIES:
                single.add(word)
            if category in BARE_CATEGORIES:
                bare.add(word)
        for pattern in compiled.patterns():
            for s in pattern.symbols:
                if s.kind == "literal":
                    self._english.add(s.name.lower())
                    if s.pos == "VERB" and english.verb_form(s.name)[1] == "bare":
                        bare.add(s.name)
        self._english |= {*occupations()[0], *(n.lower() for name in people() for n in name)}
        self._single, self._bare = frozenset(single), frozenset(bare)

    def _meaning(self, lemma: str, pos: str, tag: str, *where: str) -> Meaning:
        lemma = self._canonical.get((lemma, pos), lemma)
        senses = words.SENSES.get((lemma, pos), {})
        sense = next((senses[place] for place in where if place in senses), "")
        return Meaning(lemma, pos, tag + sense)

    def _slot(self, category: str, pos: str, domain: int, polarity: int, word: str) -> Meaning:
        if pos == "PROPN" and category not in TRANSLATED_NAMES:
            return Meaning(word, "PROPN")
        if word in words.SMALL or f"{word}/{pos}" in words.SMALL:
            return self._literal(word, pos)
        lemma = word
        if pos == "NOUN" and category in PLURAL_CATEGORIES:
            lemma = english.singular(word, self._single)
        if pos == "VERB" and category not in BARE_CATEGORIES:
            lemma = english.bare_verb(word, self._bare)
        tag = SIGNS[polarity] if polarity >= 0 and pos != "NUM" else ""
        place = (category, DOMAINS[domain]) if domain >= 0 else (category,)
        return self._meaning(lemma, "NOUN" if pos == "PROPN" else pos, tag, *place)

    def _literal(self, word: str, pos: str) -> Meaning:
        for name in (f"{word}/{pos}", word):
            if name in words.SMALL:
                return Meaning(words.SMALL[name], "small")
        if pos == "PUNCT":
            return Meaning(word, "PUNCT")
        if pos == "PRON" and word in words.PRONOUNS:
            return Meaning(words.PRONOUNS[word][0], "PRON")
        if word in ("was", "were", "is", "are", "am", "be", "been"):
            return Meaning("be", "copula")
        if pos == "NOUN" and word in PLURAL_WORDS:
            word = english.singular(word, self._single)
        if pos == "VERB":
            word = english.bare_verb(english.verb_form(word)[0], self._bare)
        return self._meaning(word, pos, "")

    # --- what Ondalese calls it ------------------------------------------------------------------
    def _make(self) -> None:
        wanted = {*self.of_slot.values(), *self.of_literal.values(), *self.of_name.values()}
        wanted.add(Meaning(",", "PUNCT"))
        self._made: dict[Meaning, Lexeme] = {}
        self._taken = set(self._english)
        self._wanted = wanted
        kinds = {"small": "fixed", "PUNCT": "fixed", "PRON": "noun", "PROPN": "name"}
        given = {m for m in wanted if m.pos in kinds or m.pos == "copula"}
        for m in sorted(given):
            stem = words.COPULA if m.pos == "copula" else m.lemma
            self._made[m] = Lexeme(m, kinds.get(m.pos, "verb"), stem)
            self._taken |= set(self._made[m].forms().values())
        rest = sorted(wanted - given)
        for m in rest:
            if self._base(m) is None:
                self._invent(m)
        for m in rest:
            self._derive(m)
        self.lexemes = [self._made[m] for m in sorted(wanted)]
        self.number = {lexeme.meaning: i for i, lexeme in enumerate(self.lexemes)}

    def _ending(self, m: Meaning, root: str) -> Lexeme:
        if m.pos == "NOUN":
            return Lexeme(m, "noun", root + sounds.pick("|".join(m), "aaaoou"))
        if m.pos in ("ADJ", "VERB"):
            return Lexeme(m, {"ADJ": "adj", "VERB": "verb"}[m.pos], root)
        return Lexeme(m, "fixed", root + {"ADV": "emo", "NUM": "is"}.get(m.pos, ""))

    def _free(self, lexeme: Lexeme) -> bool:
        forms = lexeme.forms().values()
        return self._taken.isdisjoint(forms) and not any(map(sounds.UNWANTED.search, forms))

    def _keep(self, m: Meaning, lexeme: Lexeme) -> None:
        self._made[m] = lexeme
        self._taken |= set(lexeme.forms().values())

    def _invent(self, m: Meaning) -> None:
        """A root of its own: a loan, a compound, or drawn from a hash of the meaning."""
        options: Iterator[str] = sounds.roots("|".join(m), 1 + (len(m.lemma) > 4))
        if m.lemma in words.LOANS and (root := sounds.loan(m.lemma)):
            options = itertools.chain([root], options)
        elif "-" in m.lemma:
            first, *_, last = (sounds.roots(f"part|{part}", 1) for part in m.lemma.split("-"))
            second = next(first)
            link = "" if second[1:2] in sounds.VOWELS else "i"
            options = itertools.chain([next(last) + link + second], options)
        lexemes = (self._ending(m, root) for root in options)
        self._keep(m, next(lexeme for lexeme in lexemes if self._free(lexeme)))

    def _base(self, m: Meaning) -> tuple[Meaning, str, str] | None:
        """What a word is derived from in English, if that is in the lexicon: base, prefix, suffix.

        The opposite by un-, dis-, in-; adverbs in -ly; adjectives in -ed and -ing.

        Example: of "unhappy" as blame -> "happy" as praise, "mo", ""; of "charming" -> the verb
        "enchant" (its synonym), "", "iv".
        """
        w, tag = m.lemma, m.tag
        if tag == "-" and m.pos in ("ADJ", "ADV", "VERB"):
            for prefix in ("un", "dis", "in", "im"):
                if w.startswith(prefix) and (base := self._find(w[len(prefix) :], m.pos, "+")):
                    return base, "mo", ""
        stems: list[str] = []
        if m.pos == "ADV" and w.endswith("ly"):
            stems = [w[:-2], w[:-1] + "e", w[:-3] + "y"]
            suffix, pos = "", "ADJ"
        elif m.pos == "ADJ" and w.endswith("ed"):
            stems, suffix, pos = [w[:-2], w[:-1], w[:-3]], "ent", "VERB"
        elif m.pos == "ADJ" and w.endswith("ing"):
            stems, suffix, pos = [w[:-3], w[:-3] + "e", w[:-4]], "iv", "VERB"
        for stem in stems:
            if base := self._find(stem, pos, tag):
                return base, "", suffix
        return None

    def _find(self, lemma: str, pos: str, tag: str) -> Meaning | None:
        m = Meaning(self._canonical.get((lemma, pos), lemma), pos, tag)
        return m if m in self._wanted else None

    def _derive(self, m: Meaning) -> Lexeme:
        if m not in self._made:
            base = self._base(m)
            assert base is not None
            root = self._derive(base[0]).stem
            if base[0].pos == "ADV":
                root = root.removesuffix("emo")
            lexeme = self._ending(m, base[1] + root + base[2])
            if self._free(lexeme):
                self._keep(m, lexeme)
            else:
                self._invent(m)
        return self._made[m]


@lru_cache(maxsize=1)
def lexicon() -> Lexicon:
    """The lexicon of Ondalese; it depends on no dial.

    Example:
        >>> lexicon().of_slot["eval", 0, 0, "awful"]
        Meaning(lemma='awful', pos='ADJ', tag='-')
    """
    return Lexicon()
