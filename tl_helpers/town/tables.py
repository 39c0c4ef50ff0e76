"""The town's annotation as columns of a ``datasets.Dataset``, without a Python loop per token."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tl_helpers.town import compiled as c
from tl_helpers.town import lexicon as lx

if TYPE_CHECKING:
    import datasets

    from tl_helpers.town.corpus import Corpus


def to_dataset(corpus: Corpus, level: str) -> datasets.Dataset:
    """See ``Corpus.to_dataset``. Offsets in ``head`` are within the sentence; -1 is the root."""
    import datasets
    import pyarrow as pa
    from datasets import ClassLabel, Features, List, Value

    d, e = corpus.draws, corpus.engine
    by_sentence = level == "sentence"
    bounds = d.t_start if by_sentence else d.t_start[d.s_start]
    owner = d.doc if by_sentence else np.arange(len(corpus))

    def nested(values: np.ndarray, kind: pa.DataType) -> pa.Array:
        return pa.ListArray.from_arrays(
            pa.array(bounds, pa.int32()), pa.array(values, type=kind)
        )

    polar = ClassLabel(names=list(c.POLARITIES))
    opinion = ClassLabel(names=["negative", "positive", "none"])
    topics = [f"{a}/{t}" for a in lx.DOMAINS for t in lx.TOPICS[a]]
    columns: dict[str, tuple[pa.Array, object]] = {
        "id": (pa.array(d.index[owner], pa.int64()), Value("int64")),
        "text": (pa.array(corpus.sentences() if by_sentence else corpus.texts()), Value("string")),
        "label": (pa.array(d.label[owner], pa.int64()), polar),
        "sentiment": (pa.array(d.sentiment[owner], pa.int64()), polar),
        "domain": (pa.array(d.domain[owner], pa.int64()), ClassLabel(names=list(lx.DOMAINS))),
        "topic": (pa.array((d.domain * 4 + d.topic)[owner], pa.int64()), ClassLabel(names=topics)),
        "tokens": (nested(corpus.words().astype(str), pa.string()), List(Value("string"))),
        "pos": (nested(corpus.pos(), pa.int64()), List(ClassLabel(names=list(c.UPOS)))),
        "entities": (
            nested(corpus.entities(), pa.int64()), List(ClassLabel(names=list(c.ENTITIES)))),
        "head": (nested(corpus.heads(), pa.int64()), List(Value("int64"))),
        "relation": (nested(corpus.relations(), pa.int64()), List(ClassLabel(names=e.relations))),
    }
    s_sentiment, hard = corpus.sentence_sentiment(), corpus.is_hard()
    sources = np.array([p.source for p in e.patterns], dtype=object)
    if by_sentence:
        columns["polarity"] = (pa.array(s_sentiment, pa.int64()), opinion)
        columns["hard"] = (pa.array(hard), Value("bool"))
        columns["derivation"] = (pa.array(sources[d.pattern]), Value("string"))
    else:
        s_bounds = pa.array(d.s_start, pa.int32())
        columns["polarity"] = (
            pa.ListArray.from_arrays(s_bounds, pa.array(s_sentiment, pa.int64())), List(opinion))
        columns["hard"] = (pa.ListArray.from_arrays(s_bounds, pa.array(hard)), List(Value("bool")))
        columns["derivation"] = (
            pa.ListArray.from_arrays(s_bounds, pa.array(sources[d.pattern])), List(Value("string")))
        starts = d.t_start[:-1] - bounds[d.doc]
        columns["sentence_start"] = (
            pa.ListArray.from_arrays(s_bounds, pa.array(starts, pa.int64())), List(Value("int64")))
        columns["logprob"] = (pa.array(corpus.logprob(), pa.float64()), Value("float64"))
    features = Features({name: feature for name, (_, feature) in columns.items()})
    table = pa.table([array for array, _ in columns.values()], names=list(columns))
    info = datasets.DatasetInfo(features=features)
    return datasets.Dataset(table.cast(features.arrow_schema), info=info)
