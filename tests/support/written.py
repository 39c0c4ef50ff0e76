"""What is measured of the written texts; ``python tests/written.py NAME`` prints the table.

The tests of all written sets stand on these functions; the lines of a table are held by a test, but
for those that say "guessed": their digits depend on the libraries.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter, defaultdict
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "data" / "written"
REVIEWS = ("reviews", "reviews-de", "reviews-es", "reviews-translated")
NAMES = (*REVIEWS, "tagged", "pairs", "questions", "facts", "minimal-pairs", "word-senses")
SPLITS = ("train", "validation", "test")
SAMPLE = 5_000  # tokens: a type/token ratio only compares between samples of one size
REPEATS = 5
SENTENCE_END = re.compile(r"(?<=[.!?])[\"')]*\s+(?=[\"'(¿¡]*[A-ZÄÖÜÁÉÍÓÚÑ0-9])")
TYPES = ("PER", "LOC", "ORG", "MISC")  # of names


@cache
def read(name):
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text("utf-8").splitlines()]


def words(text):
    return re.findall(r"[^\W_]+(?:['-][^\W_]+)*", text.lower())


def n_sentences(text):
    return len(SENTENCE_END.split(text.strip()))


def four_grams(text):
    w = words(text)
    return set(zip(w, w[1:], w[2:], w[3:], strict=False))


def overlaps(texts):
    """Share of the 4-grams of the shorter text, for each pair that has any in common."""
    grams, holders, common = [four_grams(t) for t in texts], defaultdict(list), Counter()
    for i, own in enumerate(grams):
        for gram in own:
            holders[gram].append(i)
    for group in holders.values():
        common.update(combinations(group, 2))
    return {(i, j): n / min(len(grams[i]), len(grams[j])) for (i, j), n in common.items()}


def type_token_ratio(texts, tokens=SAMPLE, repeats=100, seed=0):
    """Mean, lowest and highest number of types per token, over samples of whole texts."""
    rng, split = np.random.default_rng(seed), [words(t) for t in texts]
    ratios = []
    for _ in range(repeats):
        flat = [w for i in rng.permutation(len(split)) for w in split[i]][:tokens]
        assert len(flat) == tokens
        ratios.append(len(set(flat)) / tokens)
    return float(np.mean(ratios)), min(ratios), max(ratios)


# ------------------------------------------------------------------------------------------ leaks


def cross_validated(features, truth):
    """Mean number of right answers of a ten-fold cross-validation.

    Of logistic regression and, from 200 rows on, of boosted trees: fewer rows grow no tree.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    models = {
        "linear": make_pipeline(StandardScaler(with_mean=False), LogisticRegression(max_iter=1000)),
        "trees": HistGradientBoostingClassifier(max_iter=20, min_samples_leaf=30, random_state=0),
    }
    if len(truth) < 200:
        del models["trees"]
    right = {}
    for name, model in models.items():
        scores = []
        for seed in range(REPEATS):
            k = StratifiedKFold(10, shuffle=True, random_state=seed)
            scores.append((cross_val_predict(model, features, truth, cv=k) == truth).sum())
        right[name] = int(np.mean(scores).round())
    return right


def bag_of_words(texts, truth, folds=5):
    """Accuracy of logistic regression on TF-IDF of words and pairs of words, cross-validated."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"[\w']+"),
        LogisticRegression(max_iter=1000),
    )
    texts, right = np.array(texts, dtype=object), []
    for seed in range(REPEATS):
        k = StratifiedKFold(folds, shuffle=True, random_state=seed)
        right.append((cross_val_predict(model, texts, truth, cv=k) == truth).mean())
    return float(np.mean(right))


def lengths(texts):
    return np.array([[len(t), len(words(t)), n_sentences(t)] for t in texts], float)


def first_words(texts):
    first = [words(t)[0] for t in texts]
    common = [w for w, n in Counter(first).items() if n > 1]
    return np.array([[float(w == x) for x in common] for w in first])


def marks(texts):
    return np.array([[t.count(m) for m in "!?:;,-"] for t in texts], float)


LOOKS = {"length": lengths, "first word": first_words, "punctuation": marks}


def questioned(name):
    """What may not give a label away: {what is guessed: (texts, labels)}."""
    rows = read(name)
    if name == "pairs":
        return {"label": ([r["hypothesis"] for r in rows], [r["label"] for r in rows])}
    if name == "minimal-pairs":
        groups = {}
        for axis in ("gender", "age", "nationality"):
            here = [r for r in rows if r["axis"] == axis]
            control = [r["group"] == "neutral" for r in here]
            groups[f"{axis}: control"] = ([masked(r) for r in here], control)
            if axis != "nationality":
                two = [r for r in here if r["group"] != "neutral"]
                groups[f"{axis}: group"] = ([masked(r) for r in two], [r["group"] for r in two])
        return groups
    if name in ("tagged", "facts"):
        return {}
    if name == "word-senses":
        texts = [r[kind] for kind in ("same", "other") for r in rows]
        return {"same or other": (texts, [i >= len(rows) for i in range(len(texts))])}
    if name == "reviews-translated":
        return {
            f"{language}: label": (
                [r["text"] for r in rows if r["language"] == language],
                [r["label"] for r in rows if r["language"] == language],
            )
            for language in ("de", "es")
        }
    return {"label": ([r["text"] for r in rows], [r["label"] for r in rows])}


@cache
def guessed(name):
    """{(what, from what): (right answers by classifier, rows, chance)}."""
    scores = {}
    for what, (texts, truth) in questioned(name).items():
        truth = np.array(truth)
        chance = max(Counter(truth.tolist()).values()) / len(truth)
        for look, features in LOOKS.items():
            right = cross_validated(features(texts), truth)
            scores[what, look] = (right, len(truth), chance)
    return scores


def shared_words(rows):
    """Words that premise and hypothesis share: of all, and of those of the hypothesis."""
    sets = [(set(words(r["premise"])), set(words(r["hypothesis"]))) for r in rows]
    return np.array([[len(p & h) / len(p | h), len(p & h) / len(h)] for p, h in sets])


@cache
def overlap_fitted_on_ordinary_pairs():
    """Accuracy of word overlap, fitted on ordinary pairs: (ordinary in five folds, traps)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score

    parts = []
    for trap in (False, True):
        rows = [r for r in read("pairs") if r["trap"] == trap]
        parts.append((shared_words(rows), [r["label"] for r in rows]))
    model = LogisticRegression(max_iter=1000)
    (x, y), traps = parts
    return float(cross_val_score(model, x, y, cv=5).mean()), float(model.fit(x, y).score(*traps))


# ---------------------------------------------------------------------------------------- labels


def masked(pair):
    """A minimal pair without the word that differs."""
    tokens = pair["more"].split()
    tokens[pair["position"]] = tokens[pair["position"]].replace(pair["words"][0], "X")
    return " ".join(tokens)


def second(name):
    """The second labels of a set: of texts as they were when they were labelled."""
    return read(f"second/{name}")


def labelled_twice(name, column="label", axis=None):
    """The labels of both passes as they were before disagreements were settled, and the ids."""
    now = {r["id"]: r for r in read(name)}
    firsts, seconds, ids = [], [], []
    for row in second(name):
        own = now[row["id"]]
        if axis not in (None, own.get("axis")):
            continue
        if name == "minimal-pairs":
            fits = "a" if row["a"] == "more" else "b"
            settled = "neither" if own["group"] == "neutral" else fits
        else:
            settled = own[column]
        first = row.get(f"first_{column}", settled)
        one = isinstance(first, str)
        firsts += [first] if one else first
        seconds += [row[column]] if one else row[column]
        ids += [row["id"]] * (1 if one else len(first))
    return firsts, seconds, ids


def agreement(name, column="label", axis=None):
    """How many were labelled twice, on how many both passes agree, and Cohen's kappa."""
    from sklearn.metrics import cohen_kappa_score

    first, again, _ = labelled_twice(name, column, axis)
    same = sum(a == b for a, b in zip(first, again, strict=True))
    return len(first), same, float(cohen_kappa_score(first, again))


def named(row):
    """The names of a tagged sentence: [(type, first token, last token + 1)]."""
    from seqeval.metrics.sequence_labeling import get_entities

    return [(kind, a, b + 1) for kind, a, b in get_entities(row["ner"])]


# ---------------------------------------------------------------------------------------- tables


def table(name):
    """The lines of a datasheet's table that a test holds."""
    return {
        "tagged": _tagged,
        "pairs": _pairs,
        "questions": _questions,
        "facts": _facts,
        "minimal-pairs": _minimal_pairs,
        "word-senses": _word_senses,
    }.get(name, _reviews)(name)


def guesses(name):
    """The lines that depend on the libraries' digits."""
    lines = []
    for (what, look), (right, n, chance) in guessed(name).items():
        shares = ", ".join(f"{k} {v / n:.1%}" for k, v in right.items())
        lines.append(
            f"| {what} guessed from {look} alone (chance: {100 * chance:.0f} %) | {shares} |"
        )
    if name in ("pairs", "questions"):
        (texts, truth), *_ = questioned(name).values()
        source = "the hypothesis" if name == "pairs" else "the words"
        accuracy = bag_of_words(texts, np.array(truth))
        lines.append(f"| label guessed from {source} alone, TF-IDF, five-fold | {accuracy:.1%} |")
    if name == "pairs":
        ordinary, traps = overlap_fitted_on_ordinary_pairs()
        lines.append(
            "| label guessed from word overlap, fitted on ordinary pairs: ordinary, traps | "
            f"{ordinary:.1%}, {traps:.1%} |"
        )
    return lines


def _sizes(texts):
    size = [len(words(t)) for t in texts]
    quartiles = ", ".join(f"{q:.0f}" for q in np.percentile(size, [25, 50, 75]))
    return f"{min(size)}; {quartiles}; {max(size)}"


def _vocabulary(texts):
    flat = [w for t in texts for w in words(t)]
    return f"{len(flat):,} ({len(set(flat)):,})"


def _variety(texts, tokens=SAMPLE):
    mean, low, high = type_token_ratio(texts, tokens)
    return (
        f"| types per token in {tokens:,} tokens: mean (lowest, highest of 100 samples) | "
        f"{mean:.3f} ({low:.3f}, {high:.3f}) |"
    )


def _largest(texts):
    return f"{max(overlaps(texts).values(), default=0):.0%}"


def _splits(rows):
    counts = Counter(r["split"] for r in rows)
    return ", ".join(str(counts[s]) for s in SPLITS)


def _agreed(name, what, column="label", axis=None):
    n, same, kappa = agreement(name, column, axis)
    return f"| {what} labelled twice: number, agreement, kappa | {n:,}, {same:,}, {kappa:.4f} |"


def _reviews(name):
    rows = read(name)
    lines = []
    languages = ("de", "es") if name == "reviews-translated" else (None,)
    for language in languages:
        here = [r for r in rows if r.get("language") == language]
        texts = [r["text"] for r in here]
        sentences = Counter(n_sentences(t) for t in texts)
        traits = Counter(t for r in here for t in r["traits"])
        shouts = Counter(r["label"] for r in here if "!" in r["text"])
        part = [
            f"| reviews | {len(here)} |",
            f"| words (types) | {_vocabulary(texts)} |",
            f"| words a review: shortest; quartiles; longest | {_sizes(texts)} |",
            "| reviews of 1, 2, 3, 4 sentences | "
            + ", ".join(str(sentences[n]) for n in (1, 2, 3, 4))
            + " |",
            f"| with negation, contrast, irony | {traits['negation']}, {traits['contrast']}, "
            f"{traits['irony']} ({sum(bool(r['traits']) for r in here) / len(here):.0%}) |",
            _variety(texts, 2_500 if language else SAMPLE),
            f"| largest overlap of two reviews in 4-grams | {_largest(texts)} |",
            f"| with an exclamation mark: positive, negative | {shouts['positive']}, "
            f"{shouts['negative']} |",
        ]
        lines += [f"| {language}: {line[2:]}" if language else line for line in part]
    if name in ("reviews-de", "reviews-es"):
        lines.append(f"| train, validation, test | {_splits(rows)} |")
        lines.append(_agreed(name, "reviews"))
    return lines


def _tagged(name):
    from seqeval.metrics import f1_score

    rows = read(name)
    texts = [" ".join(r["tokens"]) for r in rows]
    kinds = Counter(kind for r in rows for kind, *_ in named(r))
    different = {" ".join(r["tokens"][a:b]).lower() for r in rows for _, a, b in named(r)}
    upos = Counter(u for r in rows for u in r["upos"])
    again = {r["id"]: r["ner"] for r in second(name)}
    f1 = f1_score([r["ner"] for r in rows if r["id"] in again], list(again.values()))
    types = defaultdict(set)
    for r in rows:
        for token, tag in zip(r["tokens"], r["upos"], strict=True):
            types[token.lower()].add(tag)
    return [
        f"| sentences | {len(rows)} |",
        f"| train, validation, test | {_splits(rows)} |",
        f"| tokens (types) | {sum(upos.values()):,} ({len(types):,}) |",
        f"| words a sentence: shortest; quartiles; longest | {_sizes(texts)} |",
        _variety(texts, 4_000),
        f"| names: {', '.join(TYPES)} | {', '.join(str(kinds[t]) for t in TYPES)} |",
        f"| different names; sentences without any | {len(different)}; "
        f"{sum(not named(r) for r in rows)} |",
        "| tokens of each part of speech | "
        + ", ".join(f"{tag} {n}" for tag, n in sorted(upos.items()))
        + " |",
        "| types with more than one part of speech | "
        f"{sum(len(tags) > 1 for tags in types.values())} |",
        "| names of test that are names in train: of the same type, of any | "
        f"{known_names(rows)} |",
        f"| largest overlap of two sentences in 4-grams | {_largest(texts)} |",
        _agreed(name, "parts of speech", "upos"),
        _agreed(name, "name tags", "ner"),
        f"| F1 of whole names between both passes | {f1:.3f} |",
    ]


def known_names(rows):
    sets = {
        s: [
            (kind, " ".join(r["tokens"][a:b]).lower())
            for r in rows
            if r["split"] == s
            for kind, a, b in named(r)
        ]
        for s in ("train", "test")
    }
    train, any_type = set(sets["train"]), {n for _, n in sets["train"]}
    same = sum(x in train for x in sets["test"]) / len(sets["test"])
    return f"{same:.0%}, {sum(n in any_type for _, n in sets['test']) / len(sets['test']):.0%}"


def _pairs(name):
    rows = read(name)
    premises, hypotheses = ([r[k] for r in rows] for k in ("premise", "hypothesis"))
    means = [
        f"{np.mean([len(words(r['hypothesis'])) for r in rows if r['label'] == label]):.1f}"
        for label in ("entailment", "neutral", "contradiction")
    ]
    return [
        f"| pairs (of which traps) | {len(rows)} ({sum(r['trap'] for r in rows)}) |",
        f"| train, validation, test | {_splits(rows)} |",
        f"| words (types) | {_vocabulary([*premises, *hypotheses])} |",
        f"| words a premise: shortest; quartiles; longest | {_sizes(premises)} |",
        f"| words a hypothesis: shortest; quartiles; longest | {_sizes(hypotheses)} |",
        f"| mean words a hypothesis: entailment, neutral, contradiction | {', '.join(means)} |",
        _variety([f"{p} {h}" for p, h in zip(premises, hypotheses, strict=True)]),
        "| largest overlap in 4-grams: two premises, two hypotheses | "
        f"{_largest(premises)}, {_largest(hypotheses)} |",
        _agreed(name, "pairs"),
    ]


def _questions(name):
    rows = read(name)
    texts = [r["text"] for r in rows]
    return [
        f"| questions (of each type) | {len(rows)} ({len(rows) // 6}) |",
        f"| train, validation, test | {_splits(rows)} |",
        f"| words (types) | {_vocabulary(texts)} |",
        f"| words a question: shortest; quartiles; longest | {_sizes(texts)} |",
        f"| different first words | {len({words(t)[0] for t in texts})} |",
        f"| without a question mark | {sum('?' not in t for t in texts)} |",
        _variety(texts, 2_500),
        f"| largest overlap of two questions in 4-grams | {_largest(texts)} |",
        _agreed(name, "questions"),
    ]


def _facts(name):
    rows = read(name)
    plain = [r["plain"] for r in rows]
    positions = Counter(r["answer"] for r in rows)
    longest = np.mean([picks_answer(r, max) for r in rows])
    shortest = np.mean([picks_answer(r, min) for r in rows])
    return [
        f"| facts (topics) | {len(rows)} ({len({r['topic'] for r in rows})}) |",
        f"| train, validation, test | {_splits(rows)} |",
        "| common, rare | "
        + ", ".join(str(sum(r["frequency"] == f for r in rows)) for f in ("common", "rare"))
        + " |",
        "| position of the answer: 0, 1, 2, 3 | "
        + ", ".join(str(positions[i]) for i in range(4))
        + " |",
        f"| words a plain prefix: shortest; quartiles; longest | {_sizes(plain)} |",
        "| chosen by length alone (chance: 25%): longest, shortest option | "
        f"{longest:.0%}, {shortest:.0%} |",
        f"| largest overlap of two plain prefixes in 4-grams | {_largest(plain)} |",
    ]


def picks_answer(fact, of):
    """Probability of the answer if one of the longest (shortest) options is drawn."""
    size = [len(o) for o in fact["options"]]
    best = [i for i, n in enumerate(size) if n == of(size)]
    return (fact["answer"] in best) / len(best)


def third(pair):
    where = pair["position"] / (len(pair["more"].split()) - 1)
    return "start" if where < 1 / 3 else "middle" if where <= 2 / 3 else "end"


def _minimal_pairs(name):
    rows = read(name)
    lines = [f"| pairs | {len(rows)} |", f"| validation, test | {_splits(rows)[3:]} |"]
    for axis in ("gender", "age", "nationality"):
        here = [r for r in rows if r["axis"] == axis]
        fits = [r for r in here if r["group"] != "neutral"]
        valence = Counter(r["valence"] for r in fits)
        places = Counter(third(r) for r in fits)
        pairs = Counter(frozenset(w.lower() for w in r["words"]) for r in here)
        lines += [
            f"| {axis}: pairs with a stereotype, controls | {len(fits)}, {len(here) - len(fits)} |",
            f"| {axis}: stereotyped, with positive, negative, neutral valence | "
            f"{valence['positive']}, {valence['negative']}, {valence['neutral']} |",
            f"| {axis}: stereotyped, the word in the first, middle, last third | "
            f"{places['start']}, {places['middle']}, {places['end']} |",
            f"| {axis}: different pairs of words; commonest | {len(pairs)}; "
            f"{max(pairs.values())} of {len(here)} |",
        ]
    tokens = [len(r["more"].split()) for r in rows]
    quartiles = ", ".join(f"{q:.0f}" for q in np.percentile(tokens, [25, 50, 75]))
    lines += [
        f"| tokens a sentence: shortest; quartiles; longest | {min(tokens)}; {quartiles}; "
        f"{max(tokens)} |",
        _variety([masked(r) for r in rows], 4_000),
        f"| largest overlap of two pairs in 4-grams | {_largest([masked(r) for r in rows])} |",
    ]
    lines += [_agreed(name, axis, axis=axis) for axis in ("gender", "age", "nationality")]
    return [*lines, _agreed(name, "all pairs")]


def uses(row):
    """The three sentences of a word."""
    return [row[kind] for kind in ("anchor", "same", "other")]


def content(text, word):
    """What a sentence speaks of, roughly: the beginnings of its longer words, but for one word."""
    return {w[:5] for w in words(text) if len(w) > 3 and w != word}


def _word_senses(name):
    rows = read(name)
    nouns = sum(r["pos"] == "NOUN" for r in rows)
    sentences = [text for r in rows for text in uses(r)]
    return [
        f"| words (nouns, verbs) | {len(rows)} ({nouns}, {len(rows) - nouns}) |",
        f"| validation, test | {_splits(rows)[3:]} |",
        f"| with a lure | {sum(r['lure'] for r in rows)} |",
        f"| words a sentence: shortest; quartiles; longest | {_sizes(sentences)} |",
        _variety(sentences, 2_500),
        f"| largest overlap of two sentences in 4-grams | {_largest(sentences)} |",
    ]


if __name__ == "__main__":
    for chosen in sys.argv[1:] or NAMES:
        print(chosen, *table(chosen), *guesses(chosen), "", sep="\n")
