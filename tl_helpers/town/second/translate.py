"""A town corpus in Ondalese: the same sentences, word by word known to be the same."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tl_helpers.core.errors import BadValue
from tl_helpers.town import compiled
from tl_helpers.town.generate import ATTRIBUTE, ATTRIBUTE_COLUMNS, Engine
from tl_helpers.town.people import occupations, people
from tl_helpers.town.second.lexicon import FORMS, Meaning, lexicon
from tl_helpers.town.second.syntax import Translated, translate
from tl_helpers.town.second.words import PRONOUNS

if TYPE_CHECKING:
    from tl_helpers.town.corpus import Corpus


class Pair(NamedTuple):
    """A sentence in both languages."""

    source: str
    target: str
    source_words: list[str]
    target_words: list[str]
    alignment: list[tuple[int, int]]  # positions in source_words and target_words, one to one


@lru_cache(maxsize=1)
def patterns() -> list[Translated]:
    """The pattern of Ondalese for each of ``compiled.patterns()``.

    Example:
        >>> patterns()[0].form[:3]
        ['nom.sg', 'loc.sg', 'plain']
    """
    return [translate(p) for p in compiled.patterns()]


class _Tables:
    """Patterns and word forms as arrays; the same for all dials."""

    def __init__(self) -> None:
        lex, translated = lexicon(), patterns()
        self.relations = sorted({r for p in compiled.patterns() for r in p.relations})
        length = [len(t.source) for t in translated]
        self.start = np.concatenate([[0], np.cumsum(length)])
        self.source = np.array([i for t in translated for i in t.source], np.int64)
        self.form = np.array([FORMS.index(f) for t in translated for f in t.form])
        self.head = np.array([h for t in translated for h in t.head], np.int64)
        self.relation = np.array([self.relations.index(r) for t in translated for r in t.relation])
        self.pos = np.array([compiled.UPOS.index(x) for t in translated for x in t.pos])
        self.fused_start = np.concatenate([[0], np.cumsum([len(t.fused) for t in translated])])
        self.fused = np.array([pair for t in translated for pair in t.fused]).reshape(-1, 2)
        self.literal = np.array(
            [
                lex.number[lex.of_literal[s.name, s.pos]] if s.kind == "literal" else -1
                for p in compiled.patterns()
                for s in p.symbols
            ]
        )
        self.comma = lex.number[Meaning(",", "PUNCT")]
        surfaces: dict[str, int] = {}
        self.surface = np.full((len(lex.lexemes), len(FORMS)), -1)
        for i, lexeme in enumerate(lex.lexemes):
            for form, surface in lexeme.forms().items():
                at = surfaces.setdefault(surface, len(surfaces))
                self.surface[i, FORMS.index(form)] = at
        self.n = len(surfaces)
        closed = [w in ".,!?;:" for w in surfaces]
        plain = [("" if shut else " ") + w for w, shut in zip(surfaces, closed, strict=True)]
        big = [p[:1] + p[1:2].upper() + p[2:] for p in plain]
        self.pieces = np.array([*plain, *big], dtype=object)
        self.words = np.array([*surfaces, *(w[:1].upper() + w[1:] for w in surfaces)], dtype=object)


@lru_cache(maxsize=1)
def tables() -> _Tables:
    """The arrays that corpora are translated with.

    Example:
        >>> tables().relations[:3]
        ['acl:relcl', 'advcl', 'advmod']
    """
    return _Tables()


@lru_cache(maxsize=4)
def _entries(engine: Engine) -> np.ndarray:
    """``[entries of engine.table]`` the lexeme of each word that can be drawn, -1 for the rest."""
    lex, t = lexicon(), engine.table
    out = np.full(len(t.token), -1)
    for category in engine.categories.values():
        rows = itertools.product(*(range(compiled.SIZES[f]) for f in category.by))
        for row, key in enumerate(rows):
            context = dict(zip(category.by, key, strict=True))
            place = context.get("domain", -1), context.get("polarity", -1)
            first = t.start[t.base[category.name] + row]
            for i, word in enumerate(category.words):
                meaning = lex.of_slot.get((category.name, *place, word))
                if meaning is not None:
                    out[first + i] = lex.number[meaning]
    return out


@dataclass
class Translation:
    """A corpus in Ondalese, with the gold annotation in the order of its words.

    Arrays are flat; ``t_start`` maps sentences to tokens.
    """

    corpus: Corpus
    t_start: np.ndarray  # [sentences + 1] -> tokens
    sentence: np.ndarray  # [tokens] its sentence
    place: np.ndarray  # [tokens] position in the pattern tables
    source: np.ndarray  # [tokens] English token of the corpus, -1 for an inserted comma
    lexeme: np.ndarray  # [tokens] index into ``lexicon().lexemes``
    token: np.ndarray  # [tokens] index into ``tables().words``
    _sentences: list[str] | None = field(default=None, repr=False)

    @property
    def n_tokens(self) -> int:
        return len(self.token)

    def _joined(self, bounds: np.ndarray) -> list[str]:
        pieces, ends = tables().pieces[self.token].tolist(), bounds.tolist()
        return ["".join(pieces[a:b])[1:] for a, b in zip(ends[:-1], ends[1:], strict=True)]

    def sentences(self) -> list[str]:
        """The text of every sentence.

        Example:
            ``view.sentences()[1] -> 'Kideno felave narin drantashol.'``
        """
        if self._sentences is None:
            self._sentences = self._joined(self.t_start)
        return self._sentences

    def texts(self) -> list[str]:
        """The text of every document."""
        return self._joined(self.t_start[self.corpus.draws.s_start])

    def words(self) -> np.ndarray:
        """``[tokens]`` the words as they stand in the text."""
        return tables().words[self.token]

    def pos(self) -> np.ndarray:
        """``[tokens]`` index into ``compiled.UPOS``."""
        return tables().pos[self.place]

    def heads(self) -> np.ndarray:
        """``[tokens]`` position of the head within the sentence, -1 for the root."""
        return tables().head[self.place]

    def relations(self) -> np.ndarray:
        """``[tokens]`` index into ``engine.relations``."""
        return tables().relation[self.place]

    def entities(self) -> np.ndarray:
        """``[tokens]`` index into ``compiled.ENTITIES``: names stay together and in order."""
        return np.where(self.source < 0, 0, self.corpus.entities()[self.source])

    def alignment(self) -> tuple[np.ndarray, np.ndarray]:
        """``[sentences + 1]`` bounds and ``[links, 2]`` (English, Ondalese) positions in sentences.

        One to one: every word but inserted commas has a link. See :meth:`fused` for the others.

        Example:
            Sentence 1 has the links (1, 1), (2, 0), (3, 3), (4, 2), (5, 4): lonely is *felave*.
        """
        d = self.corpus.draws
        linked = np.flatnonzero(self.source >= 0)
        where = self.sentence[linked]
        pairs = np.stack(
            [self.source[linked] - d.t_start[where], linked - self.t_start[where]], axis=1
        )
        order = np.lexsort((pairs[:, 0], where))
        bounds = np.concatenate([[0], np.cumsum(np.bincount(where, minlength=len(d.doc)))])
        return bounds, pairs[order]

    def fused(self) -> tuple[np.ndarray, np.ndarray]:
        """The same for English words that a suffix says: (English, Ondalese word that carries it).

        English words with neither kind of link (articles, "there") have no counterpart at all.
        """
        t, pattern = tables(), self.corpus.draws.pattern
        bounds, at = _spread(t.fused_start, pattern)
        return bounds, t.fused[at]

    def gloss(self, sentence: int) -> list[tuple[str, str]]:
        """Each word of a sentence with what it means and its form: ``("narin", "we.ACC")``.

        Raises:
            BadValue: the corpus has no sentence of that number.
        """
        if not 0 <= sentence < len(self.corpus.draws.doc):
            raise BadValue(
                f"There is no sentence {sentence!r}.",
                f"Use a number from 0 to {len(self.corpus.draws.doc) - 1}.",
            )
        t, english = tables(), self.corpus.words()
        out = []
        for i in range(self.t_start[sentence], self.t_start[sentence + 1]):
            form = FORMS[t.form[self.place[i]]]
            word, lexeme = t.words[self.token[i]], lexicon().lexemes[self.lexeme[i]]
            meaning = lexeme.meaning.lemma
            marks = [x.upper() for x in form.split(".") if x not in ("nom", "sg", "adj", "plain")]
            if lexeme.kind == "fixed":
                meaning, marks = str(word if self.source[i] < 0 else english[self.source[i]]), []
            elif lexeme.meaning.pos == "PRON":  # "na" is I, with the ending of the plural it is we
                number = "pl" if "PL" in marks else "sg"
                meaning = next(w for w, x in PRONOUNS.items() if x == (lexeme.stem, number))
                marks = [x for x in marks if x != "PL"]
            out.append((str(word), ".".join([meaning, *marks])))
        return out

    def pairs(self) -> list[Pair]:
        """Every sentence with its translation and the gold alignment.

        Example:
            ``view.pairs()[1].target_words[0] -> 'Kideno'``
        """
        d = self.corpus.draws
        bounds, links = self.alignment()
        both = list(map(tuple, links.tolist()))
        source, target = self.corpus.words().tolist(), self.words().tolist()
        ends = zip(d.t_start.tolist(), self.t_start.tolist(), bounds.tolist(), strict=True)
        cuts = list(ends)
        return [
            Pair(english, other, source[a[0] : b[0]], target[a[1] : b[1]], both[a[2] : b[2]])
            for english, other, a, b in zip(
                self.corpus.sentences(), self.sentences(), cuts[:-1], cuts[1:], strict=True
            )
        ]


def _spread(start: np.ndarray, pattern: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For one pattern per sentence: offsets of the sentences, and the table row of each item."""
    length = np.diff(start)[pattern]
    bounds = np.concatenate([[0], np.cumsum(length)])
    sentence = np.repeat(np.arange(len(pattern)), length)
    return bounds, start[pattern[sentence]] + np.arange(bounds[-1]) - bounds[sentence]


def translation(corpus: Corpus) -> Translation:
    """The corpus in Ondalese; a pure function of how each sentence was derived.

    Example:
        >>> from tl_helpers import town
        >>> translation(town.Town(seed=0).corpus(1)).texts()[0][:27]
        'Frances shote, Kideno felav'
    """
    t, d = tables(), corpus.draws
    lexeme = _lexemes(corpus)
    bounds, place = _spread(t.start, d.pattern)
    sentence = np.repeat(np.arange(len(d.pattern)), np.diff(bounds))
    source = np.where(t.source[place] < 0, -1, d.t_start[sentence] + t.source[place])
    word = np.where(source < 0, t.comma, lexeme[source])
    token = t.surface[word, t.form[place]]
    capital = np.zeros(len(token), np.int64)
    capital[bounds[:-1]] = t.n
    return Translation(corpus, bounds, sentence, place, source, word, token + capital)


def _lexemes(corpus: Corpus) -> np.ndarray:
    """``[tokens]`` the lexeme of each English token; -1 for articles."""
    lex, d, e = lexicon(), corpus.draws, corpus.engine
    entries = _entries(e)
    lexeme = tables().literal[d.place].copy()
    lexeme[d.slots] = entries[d.w_entry]
    by_surface = np.full(len(e.surfaces), -1)
    for word, meaning in lex.of_name.items():
        by_surface[e.surface_id[word]] = lex.number[meaning]
    about = np.full((len(corpus), len(ATTRIBUTE_COLUMNS)), -1)
    for i, name in enumerate(ATTRIBUTE_COLUMNS):
        if name in d.entries and name in e.categories:
            about[:, i] = entries[d.entries[name]]
    jobs = np.array([e.surface_id[o] for o in occupations()[0]])
    about[:, ATTRIBUTE_COLUMNS.index("occ")] = by_surface[jobs[d.occupation]]
    for name in ("psub", "ppos", "qsub"):  # one pronoun for she and he
        about[:, ATTRIBUTE_COLUMNS.index(name)] = by_surface[e.surface_id["she"]]
    named = np.flatnonzero(e.p_kind[d.place] == ATTRIBUTE)
    column, doc = e.p_arg[d.place[named]], d.doc[d.sentence[named]]
    known = about[doc, column]
    lexeme[named] = np.where(known >= 0, known, by_surface[d.token[named]])
    return lexeme


@lru_cache(maxsize=1)
def vocabulary() -> list[str]:
    """All lower-cased word forms and marks that Ondalese can use, in a fixed order.

    Example:
        >>> vocabulary()[-2:]
        ['zusita', 'zusitan']
    """
    lex, used = lexicon(), set()
    drawn: dict[str, set[Meaning]] = {}
    for (category, _, _, _), meaning in lex.of_slot.items():
        drawn.setdefault(category, set()).add(meaning)
    first, last = ({lex.of_name[name[i]] for name in people()} for i in range(2))
    drawn |= {"p1": first, "p2": last, "occ": {lex.of_name[o] for o in occupations()[0]}}
    for name in ("psub", "ppos", "qsub"):
        drawn[name] = {lex.of_name["she"]}
    for p, t in zip(compiled.patterns(), patterns(), strict=True):
        for i, form in zip(t.source, t.form, strict=True):
            s = p.symbols[i]
            if i < 0:
                meanings = {Meaning(",", "PUNCT")}
            else:
                meanings = {lex.of_literal[s.name, s.pos]} if s.kind == "literal" else drawn[s.name]
            used |= {(m, form) for m in meanings}
    surfaces = {lex.lexemes[lex.number[m]].inflect(form) for m, form in used}
    return sorted(w.lower() for w in surfaces if w is not None)
