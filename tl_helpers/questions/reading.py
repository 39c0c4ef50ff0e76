"""Reading the town: documents with their opinion words marked, and what can be counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from tl_helpers.core.errors import BadValue, UnknownName
from tl_helpers.town import lexicon
from tl_helpers.town.corpus import Corpus
from tl_helpers.town.generate import SLOT

# Colour is never the only sign: praise has a solid line below, blame is bold over a dashed one.
# The words carry their own background, so that they can be read on a light page and on a dark one.
_MARK = {
    1: ("span", "background:#D5E8F6;color:#06324D;border-bottom:2px solid #0072B2"),
    -1: ("b", "background:#FBE3D3;color:#5C2600;border-bottom:2px dashed #D55E00"),
}
HARD = "†"
WINDOW = 1000  # tokens in which word types are counted


def word_polarity(corpus: Corpus) -> np.ndarray:
    """``[tokens]`` 1 for a word of praise, -1 for a word of blame, 0 for any other.

    It is the word's own polarity, not the sentence's: in "not bland", *bland* is a word of blame.

    Example:
        >>> from tl_helpers import town
        >>> sorted(set(word_polarity(town.Town(seed=0).corpus(8)).tolist()))
        [-1, 0, 1]
    """
    d, e = corpus.draws, corpus.engine
    polar = np.array(["polarity" in c.by for c in e.categories.values()])
    slot = np.flatnonzero(e.p_kind[d.place] == SLOT)
    slot = slot[polar[e.p_arg[d.place[slot]]]]
    side = d.polarity[d.sentence[slot]] ^ e.p_flip[d.place[slot]]
    out = np.zeros(corpus.n_tokens, np.int8)
    out[slot] = 2 * side - 1
    return out


@dataclass(frozen=True)
class Marked:
    """Documents in which one sees the opinions; as HTML, or as text with [+praise] and [-blame].

    Attributes:
        heads: a line for each document.
        bodies: its tokens as (text with the blank before it, polarity of the word); a sentence said
            by negation, contrast or irony ends with a token ``†``.
    """

    heads: tuple[str, ...]
    bodies: tuple[tuple[tuple[str, int], ...], ...]

    def _repr_html_(self) -> str:
        return (
            '<div style="max-width:46em;line-height:1.7">'
            + "".join(
                f'<p style="margin:.5em 0"><small>{escape(head)}</small><br>'
                f"{''.join(_html(*token) for token in body).strip()}</p>"
                for head, body in zip(self.heads, self.bodies, strict=True)
            )
            + f"<p style='margin:.5em 0'><small>{_html('praise', 1)}, {_html('blame', -1)}; "
            f"{HARD} said by negation, contrast or irony</small></p></div>"
        )

    def __repr__(self) -> str:  # what a cell shows where there is no HTML
        return str(self)

    def __str__(self) -> str:
        return "\n\n".join(
            f"{head}\n{''.join(_plain(*token) for token in body).strip()}"
            for head, body in zip(self.heads, self.bodies, strict=True)
        )


def _html(piece: str, side: int) -> str:
    word = piece.lstrip(" ")
    if not side:
        return escape(piece)
    tag, look = _MARK[side]
    blank = " " * (len(piece) - len(word))
    return f'{blank}<{tag} style="{look};border-radius:2px;padding:0 .1em">{escape(word)}</{tag}>'


def _plain(piece: str, side: int) -> str:
    word = piece.lstrip(" ")
    sign = "+" if side > 0 else "-"
    return f"{piece[: len(piece) - len(word)]}[{sign}{word}]" if side else piece


def marked(corpus: Corpus, documents: Sequence[int | str]) -> Marked:
    """Some documents of a corpus, with the words that carry an opinion marked by their polarity.

    Args:
        corpus: of the town.
        documents: positions in it; a domain's name stands for the first document of that domain.

    Raises:
        BadValue: a position that is not there. UnknownName: a domain that the town has not.

    Example:
        >>> from tl_helpers import town
        >>> print(str(marked(town.Town(seed=0).corpus(4), [0]))[:64])
        letter, blame
        Dear Frances, The [-lonely] christening [-disappoi
    """
    d, e = corpus.draws, corpus.engine
    side, hard = word_polarity(corpus), corpus.is_hard()
    starts = corpus._starts_sentence()
    heads, bodies = [], []
    for wanted in documents:
        i = _position(corpus, wanted)
        body: list[tuple[str, int]] = []
        for s in range(d.s_start[i], d.s_start[i + 1]):
            for t in range(d.t_start[s], d.t_start[s + 1]):
                piece = e.pieces[d.token[t] + len(e.surfaces) * bool(starts[t])]
                body.append((str(piece), int(side[t])))
            if hard[s]:
                body.append((f" {HARD}", 0))
        bodies.append(tuple(body))
        heads.append(f"{lexicon.DOMAINS[d.domain[i]]}, {('blame', 'praise')[d.sentiment[i]]}")
    return Marked(tuple(heads), tuple(bodies))


def _position(corpus: Corpus, wanted: int | str) -> int:
    if isinstance(wanted, str):
        if wanted not in lexicon.DOMAINS:
            raise UnknownName("domain of the town", wanted, lexicon.DOMAINS)
        documents = np.flatnonzero(corpus.draws.domain == lexicon.DOMAINS.index(wanted))
        if len(documents):
            return int(documents[0])
    elif 0 <= wanted < len(corpus):
        return int(wanted)
    raise BadValue(
        f"There is no document {wanted!r} in a corpus of {len(corpus):,}.",
        f"Choose from 0 to {len(corpus) - 1:,}, or draw more documents.",
    )


def frequencies(corpus: Corpus) -> np.ndarray:
    """``[word types]`` how often each word (or mark) that occurs does so; most frequent first.

    Example:
        >>> from tl_helpers import town
        >>> frequencies(town.Town(seed=0).corpus(20))[:3].tolist()
        [117, 102, 53]
    """
    counts = np.bincount(corpus.draws.token)
    return np.sort(counts[counts > 0])[::-1]


def shared_opinions(corpus: Corpus, one: str, other: str) -> float:
    """Of the evaluative adjectives in the documents of one domain, the share of occurrences whose
    word also occurs there in the other domain; nan if either has none.

    Example:
        >>> from tl_helpers import town
        >>> round(shared_opinions(town.Town(seed=0).corpus(200), "book", "film"), 2)
        0.35
    """
    d = corpus.draws
    cues = corpus.cue_positions("eval")
    domain = d.domain[d.doc[d.sentence[cues]]]
    here, there = (d.token[cues[domain == lexicon.DOMAINS.index(name)]] for name in (one, other))
    return float(np.isin(here, there).mean()) if len(here) and len(there) else float("nan")


def statistics(corpus: Corpus) -> dict[str, float]:
    """What one can count in a corpus.

    Returns:
        ``"types"``: word types in 1,000 tokens, on average over stretches of that length;
        ``"bits"``: true entropy per token, in bits; ``"hard"``: of the sentences with an opinion,
        the share said by negation, contrast or irony; ``"neutral"``: the share of sentences in the
        body of documents that have no opinion.

    Raises:
        BadValue: fewer than 1,000 tokens.

    Example:
        >>> from tl_helpers import town
        >>> sorted(statistics(town.Town(seed=0).corpus(200)))
        ['bits', 'hard', 'neutral', 'types']
    """
    d = corpus.draws
    whole = corpus.n_tokens // WINDOW
    if not whole:
        raise BadValue(
            f"{corpus.n_tokens} tokens are too few to count word types in {WINDOW:,}.",
            "Draw more documents.",
        )
    stretches = d.token[: whole * WINDOW].reshape(whole, WINDOW)
    opinion, body = corpus.sentence_sentiment() < 2, d.role == 1
    return {
        "types": float(np.mean([len(np.unique(s)) for s in stretches])),
        "bits": corpus.entropy_per_token() / float(np.log(2)),
        "hard": float(corpus.is_hard()[body & opinion].mean()) if (body & opinion).any() else 0.0,
        "neutral": float(1 - opinion[body].mean()),
    }
