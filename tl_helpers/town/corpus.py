"""A generated corpus: its text, its gold annotation, and its exact probability."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tl_helpers.core.errors import BadValue
from tl_helpers.town import compiled, lexicon
from tl_helpers.town.generate import (
    ATTRIBUTE,
    ATTRIBUTE_COLUMNS,
    SIMPLE,
    SLOT,
    Draws,
    Engine,
)
from tl_helpers.town.homonyms import Homonyms, find_homonyms

if TYPE_CHECKING:
    import datasets

    from tl_helpers.town.second.translate import Pair, Translation

# What an organisation is called in annotation: works and products are MISC, as in CoNLL 2003.
VENUE_TYPE = {d: "MISC" if d in ("film", "book", "gadget") else "ORG" for d in lexicon.DOMAINS}


class _Slots(NamedTuple):
    """The words that were drawn, ``[slots]`` each."""

    sentence: np.ndarray
    first: np.ndarray  # token that its sentence starts with
    place: np.ndarray  # in the pattern tables
    category: np.ndarray
    word: np.ndarray  # which word of the category


@dataclass
class Corpus:
    """Documents ``first .. first + n - 1`` of a town, with everything that is known about them.

    Arrays are flat; ``s_start`` maps documents to sentences and ``t_start`` sentences to tokens.
    """

    engine: Engine
    draws: Draws
    _texts: list[str] | None = field(default=None, repr=False)
    _sentences: list[str] | None = field(default=None, repr=False)
    _translation: Translation | None = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.draws.index)

    @property
    def n_sentences(self) -> int:
        return len(self.draws.doc)

    @property
    def n_tokens(self) -> int:
        return len(self.draws.token)

    # --- text ------------------------------------------------------------------------------------
    def _starts_sentence(self) -> np.ndarray:
        flags = np.zeros(self.n_tokens, bool)
        flags[self.draws.t_start[:-1]] = True
        return flags

    def _joined(self, bounds: np.ndarray) -> list[str]:
        """The text between each two neighbouring token positions."""
        d, e = self.draws, self.engine
        pieces = e.pieces[d.token + len(e.surfaces) * self._starts_sentence()].tolist()
        ends = bounds.tolist()
        return ["".join(pieces[a:b])[1:] for a, b in zip(ends[:-1], ends[1:], strict=True)]

    def sentences(self) -> list[str]:
        """The text of every sentence.

        Example:
            ``corpus.sentences()[1] -> 'The lonely christening disappointed us.'``
        """
        if self._sentences is None:
            self._sentences = self._joined(self.draws.t_start)
        return self._sentences

    def texts(self) -> list[str]:
        """The text of every document.

        Example:
            ``corpus.texts()[0] -> 'Dear Frances, The lonely christening disappointed us. ...'``
        """
        if self._texts is None:
            self._texts = self._joined(self.draws.t_start[self.draws.s_start])
        return self._texts

    # --- gold annotation -------------------------------------------------------------------------
    def words(self) -> np.ndarray:
        """``[tokens]`` the words as they stand in the text.

        Example:
            ``corpus.words()[3:6] -> ['The', 'lonely', 'christening']``
        """
        e = self.engine
        return e.capitalised[self.draws.token + len(e.surfaces) * self._starts_sentence()]

    def pos(self) -> np.ndarray:
        """``[tokens]`` index into ``compiled.UPOS``.

        Example:
            of "The lonely christening": DET, ADJ, NOUN
        """
        return self.engine.p_pos[self.draws.place]

    def heads(self) -> np.ndarray:
        """``[tokens]`` position of the head within the sentence, -1 for the root.

        Example:
            of "The lonely christening disappointed us.": 2, 2, 3, -1, 3, 3
        """
        return self.engine.p_head[self.draws.place]

    def relations(self) -> np.ndarray:
        """``[tokens]`` index into ``engine.relations`` (Universal Dependencies).

        Example:
            of "The lonely christening disappointed us.": det, amod, nsubj, root, obj, punct
        """
        return self.engine.p_rel[self.draws.place]

    def entities(self) -> np.ndarray:
        """``[tokens]`` index into ``compiled.ENTITIES`` (BIO; PER, LOC, ORG, MISC).

        Example:
            of "The Harbour Council met": O, B-ORG, I-ORG, O
        """
        d, e = self.draws, self.engine
        org = np.array([VENUE_TYPE[name] == "ORG" for name in lexicon.DOMAINS])
        begin, inside = (
            np.where(org, compiled.ENTITIES.index(f"{p}-ORG"), compiled.ENTITIES.index(f"{p}-MISC"))
            for p in "BI"
        )
        tag = np.zeros(len(ATTRIBUTE_COLUMNS), np.int64)
        for name, label in (
            ("loc", "B-LOC"),
            ("road", "I-LOC"),
            ("p1", "B-PER"),
            ("p2", "I-PER"),
            ("q", "B-PER"),
            ("writer", "B-PER"),
            ("to", "B-PER"),
        ):
            tag[ATTRIBUTE_COLUMNS.index(name)] = compiled.ENTITIES.index(label)
        out = np.zeros(self.n_tokens, np.int64)
        named = np.flatnonzero(e.p_kind[d.place] == ATTRIBUTE)
        column = e.p_arg[d.place[named]]
        domain = d.domain[d.doc[d.sentence[named]]]
        out[named] = tag[column]
        for name, table in (("v1", begin), ("v2", inside)):
            here = column == ATTRIBUTE_COLUMNS.index(name)
            out[named[here]] = table[domain[here]]
        return out

    def sentence_sentiment(self) -> np.ndarray:
        """``[sentences]`` 0 negative, 1 positive, 2 no opinion.

        Example:
            ``[2, 0, 0]`` for "Dear Frances, The lonely christening disappointed us. We hated it."
        """
        d = self.draws
        return np.where(self.engine.p_opinion[d.pattern], d.polarity, 2)

    def is_hard(self) -> np.ndarray:
        """``[sentences]`` said by negation, contrast or irony.

        Example:
            ``[False, True]`` for "The tea was good. The tea was not bad."
        """
        return self.engine.p_hard[self.draws.pattern]

    def cue_positions(self, category: str = "eval") -> np.ndarray:
        """Token positions of the words drawn from a category in plain sentences.

        Example:
            ``corpus.words()[corpus.cue_positions()][:2] -> ['lonely', 'awful']``
        """
        d, e = self.draws, self.engine
        cat = list(e.categories).index(category)
        plain = e.p_opinion[d.pattern] & ~e.p_hard[d.pattern]
        here = (e.p_kind[d.place] == SLOT) & (e.p_arg[d.place] == cat) & plain[d.sentence]
        return np.flatnonzero(here)

    def homonyms(self) -> Homonyms:
        """Every token that is a homonym, and the sense that it has; see ``town.HOMONYMS``.

        Returns:
            ``(position, word, sense, label)``, arrays of one length, in the order of the tokens:
            ``words()[position]`` is ``word``, ``sense`` is a key of ``HOMONYMS[word]`` and
            ``label`` its place there, from 0.

        Example:
            ``corpus.homonyms().word[0], corpus.homonyms().sense[0] -> ('row', 'line')``
        """
        return find_homonyms(self)

    # --- probability -----------------------------------------------------------------------------
    def _mentions(self) -> dict[str, np.ndarray]:
        """``[documents]`` bool: is the attribute visible in the text?"""
        d, e = self.draws, self.engine
        named = np.flatnonzero(e.p_kind[d.place] == ATTRIBUTE)
        seen = np.zeros((len(self), len(ATTRIBUTE_COLUMNS)), bool)
        seen[d.doc[d.sentence[named]], e.p_arg[d.place[named]]] = True
        return {name: seen[:, i] for i, name in enumerate(ATTRIBUTE_COLUMNS)}

    def logprob(self) -> np.ndarray:
        """``[documents]`` natural log of the probability of each text.

        Summed exactly over what the reader does not see: domain, topic, sentiment, the polarity of
        each sentence, and every name that is not mentioned. The sentence patterns are read off the
        text: no two patterns can give the same sentence in documents that open alike (proved by a
        test), so this is the probability of the string itself, and its negative mean estimates the
        true entropy of a document without bias. What depends on no word (label noise) is left out.

        Example:
            ``Town(seed=0).corpus(3).logprob() -> [-51.6, -50.5, -71.8]``
        """
        d, seen, slots = self.draws, self._mentions(), self._slots()
        common = self._logp_common(seen)
        agree = self.engine.dials.agreement
        total = np.full(len(self), -np.inf)
        shares = self.engine.dials.domain_shares()
        for domain in np.flatnonzero(shares > 0):
            pattern_doc = np.bincount(d.doc, self._logp_patterns(domain), len(self))
            alive = np.flatnonzero(np.isfinite(pattern_doc))
            for topic in range(4):
                by_polarity = self._logp_words(slots, domain, topic)
                about = self._logp_about(seen, domain, topic)
                base = common + pattern_doc + about + np.log(shares[domain] / 4)
                for sentiment in (0, 1):
                    same = np.where(d.role == 1, agree, 1.0)
                    with np.errstate(divide="ignore"):
                        sentence = np.logaddexp(
                            by_polarity[sentiment] + np.log(same),
                            by_polarity[1 - sentiment] + np.log(1 - same),
                        )
                    doc = np.bincount(d.doc, sentence, len(self)) + base + np.log(0.5)
                    total[alive] = np.logaddexp(total[alive], doc[alive])
        return total

    def _slots(self) -> _Slots:
        d, e = self.draws, self.engine
        sentence, place = d.sentence[d.slots], d.place[d.slots]
        doc, first, category = d.doc[sentence], d.t_start[sentence], e.p_arg[place]
        noun = e.noun_class(d.token, first, place, d.domain[doc], d.topic[doc])
        polarity = d.polarity[sentence] ^ e.p_flip[place]
        row = e.row(category, d.domain[doc], d.topic[doc], polarity, noun)
        word = d.w_entry - e.table.start[row]  # the words of a category are the same in every row
        return _Slots(sentence, first, place, category, word)

    def _logp_words(self, slots: _Slots, domain: int, topic: int) -> list[np.ndarray]:
        """By polarity, ``[sentences]`` the words in the slots, in another domain and topic."""
        e, t = self.engine, self.engine.table
        noun = e.noun_class(self.draws.token, slots.first, slots.place, domain, topic)
        out = []
        for polarity in (0, 1):
            flipped = polarity ^ e.p_flip[slots.place]
            row = e.row(slots.category, domain, topic, flipped, noun)
            logp = t.logp[t.start[row] + slots.word]
            out.append(np.bincount(slots.sentence, logp, self.n_sentences))
        return out

    def _logp_patterns(self, domain: int) -> np.ndarray:
        """``[sentences]`` its kind and its pattern in another domain."""
        d, e, t = self.draws, self.engine, self.engine.table
        manner, place = e.p_manner[d.pattern], domain * 4 + d.role
        kind = t.logp[t.start[t.base["manner"] + place] + manner]
        return kind + e.families.logp(d, place * 3 + manner)

    def _logp_common(self, seen: dict[str, np.ndarray]) -> np.ndarray:
        """Length, friend and kin: what depends on no hidden label."""
        d, t = self.draws, self.engine.table
        logp = t.logp[d.entries["length"]].copy()
        for name in ("q", "kin"):
            logp += np.where(seen[name], t.logp[d.entries[name]], 0)
        gender_seen = seen["q"] | seen["kin"] | seen["qsub"]
        return logp + np.where(gender_seen, t.logp[d.entries["qgender"]], 0)

    def _logp_about(self, seen: dict[str, np.ndarray], domain: int, topic: int) -> np.ndarray:
        """What the document is about, under another domain and topic."""
        d, e, t = self.draws, self.engine, self.engine.table
        logp = np.zeros(len(self))
        for name in SIMPLE:
            cat = np.full(len(self), list(e.categories).index(name))
            drawn, other = e.row(cat, d.domain, d.topic, 0), e.row(cat, domain, topic, 0)
            value = t.logp[t.start[other] + d.entries[name] - t.start[drawn]]
            logp += np.where(seen[name], value, 0)
        occ_row = t.start[t.base["occ"] + domain] + d.occupation
        gender = t.logp[d.entries["pgender"]]
        named = seen["p1"] | seen["p2"]  # a professional's name tells who it is, thus all the rest
        logp += np.where(named | seen["occ"], t.logp[occ_row], 0)
        logp += np.where(named | seen["psub"] | seen["ppos"], gender, 0)
        return logp + np.where(named, t.logp[d.entries["person"]], 0)

    def entropy_per_token(self) -> float:
        """Estimate of the true entropy of the town's text, in nats per token of this corpus.

        Example:
            ``Town().corpus(100_000).entropy_per_token() -> 1.32``
        """
        return float(-self.logprob().sum() / self.n_tokens)

    # --- the second language ---------------------------------------------------------------------
    def translation(self) -> Translation:
        """The corpus in Ondalese, with its gold annotation."""
        if self._translation is None:
            from tl_helpers.town.second.translate import translation

            self._translation = translation(self)
        return self._translation

    def translations(self) -> list[str]:
        """The text of every document in Ondalese.

        Example:
            ``corpus.translations()[0] -> 'Frances shote, Kideno felave narin drantashol. ...'``
        """
        return self.translation().texts()

    def parallel(self) -> list[Pair]:
        """Every sentence in both languages, with the gold word alignment.

        Example:
            ``corpus.parallel()[1].alignment -> [(1, 1), (2, 0), (3, 3), (4, 2), (5, 4)]``
        """
        return self.translation().pairs()

    # --- as a data set ---------------------------------------------------------------------------
    def to_dataset(self, level: str = "document", language: str = "english") -> datasets.Dataset:
        """A ``datasets.Dataset``; see the datasheet for its columns.

        Args:
            level: one row per ``"document"`` or ``"sentence"``, or ``"parallel"``: one row per
                sentence, in both languages.
            language: ``"english"`` or ``"ondalese"`` (of no effect on parallel text).

        Raises:
            BadValue: no such level or language.

        Example:
            ``corpus.to_dataset("sentence")[0]["text"] -> 'Dear Frances,'``
        """
        from tl_helpers.town import tables

        for value, known in ((level, tables.LEVELS), (language, tables.LANGUAGES)):
            if value not in known:
                raise BadValue(
                    f"The town has no {value!r}.", f"Use one of: {', '.join(map(repr, known))}."
                )
        if level == "parallel":
            return tables.parallel(self)
        return tables.to_dataset(self, level, language)

    def summary(self) -> dict[str, Any]:
        """Counts that describe the corpus: documents, sentences, tokens, word types.

        Example:
            ``Town(seed=0).corpus(3).summary()["tokens"] -> 131``
        """
        types, counts = np.unique(self.draws.token, return_counts=True)
        return {
            "documents": len(self),
            "sentences": self.n_sentences,
            "tokens": self.n_tokens,
            "types": len(types),
            "most_frequent": self.engine.surfaces[types[counts.argmax()]],
        }
