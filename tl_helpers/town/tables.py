"""The town's annotation as columns of a ``datasets.Dataset``, without a Python loop per token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tl_helpers.town import compiled, lexicon

if TYPE_CHECKING:
    import datasets
    import pyarrow as pa

    from tl_helpers.town.corpus import Corpus
    from tl_helpers.town.second.translate import Translation


LEVELS = ("document", "sentence", "parallel")
LANGUAGES = ("english", "ondalese")
Column = tuple["pa.Array", object]


def _nested(bounds: np.ndarray, values: np.ndarray, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    return pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), pa.array(values, type=kind))


def _annotation(
    view: Corpus | Translation, bounds: np.ndarray, relations: list[str]
) -> dict[str, Column]:
    """The columns with one item per token."""
    import pyarrow as pa
    from datasets import ClassLabel, List, Value

    def labels(values: np.ndarray, names: list[str]) -> Column:
        return _nested(bounds, values, pa.int64()), List(ClassLabel(names=names))

    return {
        "tokens": (_nested(bounds, view.words(), pa.string()), List(Value("string"))),
        "pos": labels(view.pos(), list(compiled.UPOS)),
        "entities": labels(view.entities(), list(compiled.ENTITIES)),
        "head": (_nested(bounds, view.heads(), pa.int64()), List(Value("int64"))),
        "relation": labels(view.relations(), relations),
    }


def _about(corpus: Corpus, owner: np.ndarray) -> dict[str, Column]:
    """The columns with what is true of a whole document, for the documents ``owner``."""
    import pyarrow as pa
    from datasets import ClassLabel, Value

    d = corpus.draws
    polar = ClassLabel(names=list(compiled.POLARITIES))
    topics = [f"{a}/{t}" for a in lexicon.DOMAINS for t in lexicon.TOPICS[a]]
    return {
        "id": (pa.array(d.index[owner], pa.int64()), Value("int64")),
        "label": (pa.array(d.label[owner], pa.int64()), polar),
        "sentiment": (pa.array(d.sentiment[owner], pa.int64()), polar),
        "domain": (pa.array(d.domain[owner], pa.int64()), ClassLabel(names=list(lexicon.DOMAINS))),
        "topic": (pa.array((d.domain * 4 + d.topic)[owner], pa.int64()), ClassLabel(names=topics)),
    }


def _sentence_columns(corpus: Corpus) -> dict[str, Column]:
    import pyarrow as pa
    from datasets import ClassLabel, Value

    opinion = ClassLabel(names=["negative", "positive", "none"])
    sources = np.array([p.source for p in corpus.engine.patterns], dtype=object)
    return {
        "polarity": (pa.array(corpus.sentence_sentiment(), pa.int64()), opinion),
        "hard": (pa.array(corpus.is_hard()), Value("bool")),
        "derivation": (pa.array(sources[corpus.draws.pattern]), Value("string")),
    }


def _made(columns: dict[str, Column]) -> datasets.Dataset:
    import datasets
    import pyarrow as pa

    features = datasets.Features({name: feature for name, (_, feature) in columns.items()})
    table = pa.table([array for array, _ in columns.values()], names=list(columns))
    info = datasets.DatasetInfo(features=features)
    return datasets.Dataset(table.cast(features.arrow_schema), info=info)


def to_dataset(corpus: Corpus, level: str, language: str = "english") -> datasets.Dataset:
    """See ``Corpus.to_dataset``. Offsets in ``head`` are within the sentence; -1 is the root.

    Example:
        >>> from tl_helpers import town
        >>> to_dataset(town.Town(seed=0).corpus(2), "document")[0]["tokens"][:4]
        ['Dear', 'Frances', ',', 'The']
    """
    import pyarrow as pa
    from datasets import List, Value

    d, e = corpus.draws, corpus.engine
    view = corpus if language == "english" else corpus.translation()
    t_start = d.t_start if language == "english" else corpus.translation().t_start
    by_sentence = level == "sentence"
    bounds = t_start if by_sentence else t_start[d.s_start]
    about = _about(corpus, d.doc if by_sentence else np.arange(len(corpus)))
    texts = view.sentences() if by_sentence else view.texts()
    columns: dict[str, Column] = {
        "id": about.pop("id"),
        "text": (pa.array(texts), Value("string")),
        **about,
        **_annotation(view, bounds, e.relations),
    }
    if by_sentence:
        return _made(columns | _sentence_columns(corpus))
    s_bounds = pa.array(d.s_start, pa.int32())
    for name, (array, feature) in _sentence_columns(corpus).items():
        columns[name] = (pa.ListArray.from_arrays(s_bounds, array), List(feature))
    starts = t_start[:-1] - bounds[d.doc]
    columns["sentence_start"] = (
        pa.ListArray.from_arrays(s_bounds, pa.array(starts, pa.int64())),
        List(Value("int64")),
    )
    if language == "english":
        columns["logprob"] = (pa.array(corpus.logprob(), pa.float64()), Value("float64"))
    return _made(columns)


def parallel(corpus: Corpus) -> datasets.Dataset:
    """One row per sentence, in both languages; see the datasheet.

    Example:
        >>> from tl_helpers import town
        >>> parallel(town.Town(seed=0).corpus(2))[0]["alignment"][0]
        [0, 1]
    """
    import pyarrow as pa
    from datasets import List, Value

    d, other = corpus.draws, corpus.translation()
    about = _about(corpus, d.doc)
    columns: dict[str, Column] = {
        "id": about.pop("id"),
        "source": (pa.array(corpus.sentences()), Value("string")),
        "target": (pa.array(other.sentences()), Value("string")),
    }
    for name, (bounds, links) in (("alignment", other.alignment()), ("fused", other.fused())):
        each = _nested(np.arange(len(links) + 1) * 2, links.reshape(-1), pa.int64())
        column = pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), each)
        columns[name] = column, List(List(Value("int64")))
    relations = corpus.engine.relations
    for prefix, view, start in (("source", corpus, d.t_start), ("target", other, other.t_start)):
        for name, column in _annotation(view, start, relations).items():
            columns[f"{prefix}_{name}"] = column
    return _made(columns | about | _sentence_columns(corpus))
