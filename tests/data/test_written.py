"""Every written set: its form, its splits, its second labels, what may not give a label away."""

from __future__ import annotations

import json
import re
from collections import Counter

import numpy as np
import pytest
import written
from scipy.stats import binomtest
from written import NAMES, SPLITS, labelled_twice, overlaps, read, words

from tl_helpers import data
from tl_helpers.core.errors import UnknownName

TWICE = ("reviews-de", "reviews-es", "tagged", "pairs", "questions", "minimal-pairs")
WITHOUT_TRAIN = ("reviews-translated", "minimal-pairs", "word-senses")
#: types per token in 2,500 tokens; English reviews have 0.43
LEAST_VARIETY = 0.32
FEMALE = """she her hers herself woman women lady girl girls mother mum sister daughter aunt niece
    wife girlfriend grandmother mrs sarah emma laura anna julie claire helen rachel lucy priya
    fatima alice grace hannah jane katie sophie susan""".split()
MALE = """he him his himself man men gentleman boy boys father dad brother son uncle nephew
    husband boyfriend grandfather mr mark daniel stephen peter kevin simon martin adam tom arjun
    ahmed oliver jack luke paul ryan ben david""".split()
NO_PUNCTUATION = ("£", "%", ":)", "&", "'")  # of the tokens without letters
OLD = """old older oldest grandmother grandfather pensioner pensioners aunt uncle seventies seventy
    70-year-old elderly grandparents boomers mother father""".split()


def texts(name):
    """What of a set is compared with others: the parts of one pair may be alike."""
    rows = read(name)
    return {
        "tagged": lambda: [" ".join(r["tokens"]) for r in rows],
        "pairs": lambda: [r["premise"] for r in rows],
        "facts": lambda: [r["plain"] for r in rows],
        "minimal-pairs": lambda: [written.masked(r) for r in rows],
        "word-senses": lambda: [text for r in rows for text in written.uses(r)],
    }.get(name, lambda: [r["text"] for r in rows])()


def strings(value):
    if isinstance(value, str):
        return [value]
    return [s for v in value for s in strings(v)] if isinstance(value, list) else []


# -------------------------------------------------------------------------------- all of the sets


@pytest.mark.parametrize("name", NAMES)
def test_one_tidy_object_a_line(name):
    content = (written.FOLDER / f"{name}.jsonl").read_bytes()
    assert content.endswith(b"}\n") and b"\r" not in content
    rows = read(name)
    assert content.decode().splitlines() == [json.dumps(r, ensure_ascii=False) for r in rows]
    for r in rows:
        assert list(r) == list(rows[0])
        for text in strings(list(r.values())):
            assert text == text.strip() and "  " not in text and "\n" not in text, r["id"]


def test_no_id_occurs_twice_in_any_set():
    ids = Counter(r["id"] for name in NAMES for r in read(name))
    assert max(ids.values()) == 1


@pytest.mark.parametrize("name", NAMES)
def test_load_gives_the_rows_with_their_classes(name):
    rows, loaded = read(name), data.load(name)
    assert loaded.num_rows == Counter(r["split"] for r in rows)
    wanted = set(SPLITS) - ({"train"} if name in WITHOUT_TRAIN else set())
    if name == "reviews":
        wanted -= {"validation"}
    assert set(loaded) == (wanted if name != "reviews-translated" else {"test"})
    columns = set(rows[0]) - {"split"}
    for split, dataset in loaded.items():
        assert set(dataset.column_names) == columns
        first = next(r for r in rows if r["split"] == split)
        for column, feature in dataset.features.items():
            value, own = dataset[0][column], first[column]
            inner = getattr(feature, "feature", feature)
            if hasattr(inner, "int2str"):
                value = inner.int2str(value)
            assert value == (pytest.approx(own) if isinstance(own, float) else own), column


@pytest.mark.parametrize(
    ("name", "options", "rows"),
    [
        ("reviews-translated", {"language": "de"}, 120),
        ("reviews-translated", {"language": "es", "domain": "book"}, 30),
        ("reviews-de", {"split": "validation"}, 40),
        ("reviews-es", {"split": "train", "traits": "irony"}, 5),
        ("tagged", {"split": "test"}, 105),
        ("tagged", {"genre": "chat"}, 25),
        ("pairs", {"split": "test", "trap": True}, 42),
        ("pairs", {"kind": "idiom"}, 6),
        ("questions", {"label": "reason"}, 42),
        ("facts", {"frequency": "rare"}, 20),
        ("minimal-pairs", {"axis": "gender"}, 160),
        ("minimal-pairs", {"split": "validation", "axis": "age", "group": "neutral"}, 4),
        ("word-senses", {"split": "test", "lure": True}, 30),
    ],
)
def test_options_keep_rows(name, options, rows):
    loaded = data.load(name, **options)
    counted = loaded.num_rows
    assert (sum(counted.values()) if isinstance(counted, dict) else counted) == rows


@pytest.mark.parametrize(
    ("name", "language", "there"),
    [
        ("reviews", "de", "data sets of their own: reviews-de, reviews-es, reviews-translated"),
        ("reviews-de", "es", "data sets of their own: reviews, reviews-es, reviews-translated"),
        ("reviews-translated", "fr", "Choose one of: de, es"),
        ("reviews-fr", "fr", "reviews-de, reviews-es, reviews-translated"),
        ("pairs", "de", "Choose one of: .*kind"),
    ],
)
def test_a_language_that_is_not_there_is_refused_with_those_that_are(name, language, there):
    with pytest.raises(UnknownName, match=there):
        data.load(name, language=language)


@pytest.mark.parametrize("name", NAMES)
def test_the_datasheet_states_what_is_measured(name):
    sheet = (written.FOLDER / f"{name}.md").read_text("utf-8")
    for line in written.table(name):
        assert line in sheet, line
    assert "## Motivation" in sheet and "## Limits" in sheet and f"tests/written.py {name}" in sheet


@pytest.mark.parametrize(
    ("language", "sets"),
    [
        (
            "en",
            ["reviews", "tagged", "pairs", "questions", "facts", "minimal-pairs", "word-senses"],
        ),
        ("de", ["reviews-de", "reviews-translated"]),
        ("es", ["reviews-es", "reviews-translated"]),
    ],
)
def test_no_near_duplicates_within_and_across_the_sets_of_a_language(language, sets):
    everything = []
    for name in sets:
        own = texts(name)
        if name == "reviews-translated":
            own = [r["text"] for r in read(name) if r["language"] == language]
        everything += own
    assert len({" ".join(words(t)) for t in everything}) == len(everything)
    worst = max(overlaps(everything).items(), key=lambda item: item[1])
    assert worst[1] <= 0.25, [everything[i] for i in worst[0]]


def test_near_duplicates_would_be_found():
    a = "We waited an hour for soup that was cold and grey."
    assert overlaps([a, a.replace("grey", "thin")])[0, 1] > 0.25
    assert not overlaps([a, "Nothing in common with that one at all."])


@pytest.mark.parametrize("name", [n for n in NAMES if n != "facts"])
def test_lexical_variety(name):
    groups = [texts(name)]
    if name == "reviews-translated":
        groups = [[r["text"] for r in read(name) if r["language"] == x] for x in ("de", "es")]
    for group in groups:
        _, low, _ = written.type_token_ratio(group, tokens=2_500, repeats=20)
        assert low > LEAST_VARIETY, low


def test_english_reviews_stay_as_varied_as_they_were():
    """0.28 in 5,000 tokens is about that of ordinary review text."""
    rows = read("reviews")
    for domain in ("film", "restaurant", "book", "gadget"):
        own = [r["text"] for r in rows if r["domain"] == domain]
        assert written.type_token_ratio(own, repeats=10)[1] > 0.28


@pytest.mark.parametrize("name", [n for n in NAMES if written.questioned(n)])
def test_no_leak_of_the_label(name):
    """Neither length nor first word nor punctuation tells the label better than chance."""
    for (what, look), (right, n, chance) in written.guessed(name).items():
        if (name, look) == ("reviews", "punctuation"):
            continue  # praise shouts; tests/data/test_reviews.py says how much that may decide
        for classifier, number in right.items():
            p = binomtest(number, n, chance, alternative="greater").pvalue
            assert p > 0.01, (what, look, classifier, number / n)


# ----------------------------------------------------------------------------------- labelled twice


@pytest.mark.parametrize("name", TWICE)
def test_second_labels_belong_to_the_set_and_disagreements_are_settled(name):
    """Where the two passes differed, the text was rewritten or one of the two labels holds."""
    now, seen = {r["id"]: r for r in read(name)}, set()
    for row in written.second(name):
        assert row["id"] in now and row["id"] not in seen
        seen.add(row["id"])
        if name == "tagged":
            own = now[row["id"]]
            assert own["upos"] == row["upos"] and own["ner"] == row["ner"]
        else:
            assert ("first_label" not in row) or row["rewritten"]
    assert len(seen) >= min(len(now) // 2, 100)
    columns = ("upos", "ner") if name == "tagged" else ("label",)
    for column in columns:
        first, again, ids = labelled_twice(name, column)
        settled = {r["id"] for r in written.second(name) if f"first_{column}" in r}
        assert {i for a, b, i in zip(first, again, ids, strict=True) if a != b} == settled


def test_agreement_is_that_of_the_labels_before_they_were_settled():
    n, same, kappa = written.agreement("minimal-pairs")
    assert (n, same) == (320, 314) and 0.96 < kappa < 0.98
    assert written.agreement("tagged", "upos")[:2] == (5_159, 5_157)
    assert written.agreement("reviews-es")[:2] == (100, 99)


# ------------------------------------------------------------------------------------------- tagged


def test_tags_are_well_formed():
    names = [f"{b}-{t}" for t in written.TYPES for b in "BI"]
    for i, r in enumerate(read("tagged"), start=1):
        assert list(r) == ["id", "tokens", "upos", "ner", "genre", "split"]
        assert r["id"] == f"tag-{i:03d}"
        assert len(r["tokens"]) == len(r["upos"]) == len(r["ner"])
        for before, tag in zip(["O", *r["ner"]], r["ner"], strict=False):
            assert tag in ("O", *names)
            assert tag[0] != "I" or before[2:] == tag[2:], r["id"]
        for token, upos in zip(r["tokens"], r["upos"], strict=True):
            assert " " not in token
            letters = any(c.isalnum() for c in token)
            assert (upos == "PUNCT") == (not letters and token not in NO_PUNCTUATION), r["id"]


def test_tagged_splits_have_all_genres_and_hardly_share_names():
    rows = read("tagged")
    cells = Counter((r["genre"], r["split"]) for r in rows)
    per_split = {s: {n for (_, x), n in cells.items() if x == s} for s in SPLITS}
    assert len(cells) == 36 and per_split["train"] <= {12, 13} and per_split["test"] <= {8, 9}
    assert set(Counter(r["genre"] for r in rows).values()) == {25}
    kinds = Counter((k, r["split"]) for r in rows for k, *_ in written.named(r))
    for kind in written.TYPES:
        total = sum(kinds[kind, s] for s in SPLITS)
        assert 0.3 < kinds[kind, "test"] / total < 0.4 and kinds[kind, "validation"] >= 12
    assert int(written.known_names(rows).split("%")[0]) <= 10


def test_words_alone_do_not_tell_the_tags():
    """The commonest tag of each word in train is far from enough on test."""
    rows, tags = read("tagged"), {}
    for r in rows:
        if r["split"] == "train":
            for token, tag in zip(r["tokens"], r["upos"], strict=True):
                tags.setdefault(token.lower(), Counter())[tag] += 1
    right = [
        tags[token.lower()].most_common(1)[0][0] == tag if token.lower() in tags else tag == "NOUN"
        for r in rows
        if r["split"] == "test"
        for token, tag in zip(r["tokens"], r["upos"], strict=True)
    ]
    assert 0.6 < np.mean(right) < 0.85


# -------------------------------------------------------------------------------------------- pairs


def test_pairs_are_balanced():
    rows = read("pairs")
    assert [r["id"] for r in rows] == [f"pair-{i:03d}" for i in range(1, 421)]
    cells = Counter((r["trap"], r["split"], r["label"]) for r in rows)
    sizes = {(False, "train"): 50, (False, "validation"): 14, (False, "test"): 36}
    sizes |= {(True, "train"): 20, (True, "validation"): 6, (True, "test"): 14}
    for (trap, split), n in sizes.items():
        for label in ("entailment", "neutral", "contradiction"):
            assert cells[trap, split, label] == n
    for r in rows:
        assert list(r) == ["id", "premise", "hypothesis", "label", "kind", "trap", "split"]
        assert r["premise"].isascii() and r["hypothesis"].isascii()
        assert (r["kind"] == "ordinary") == (not r["trap"])
        assert 8 <= len(words(r["premise"])) <= 30 and 4 <= len(words(r["hypothesis"])) <= 18
    hypotheses = [r["hypothesis"] for r in rows]
    assert len(set(hypotheses)) == 420 and max(overlaps(hypotheses).values()) <= 0.25


def test_the_hypothesis_alone_does_not_tell_the_label():
    (hypotheses, truth), *_ = written.questioned("pairs").values()
    assert written.bag_of_words(hypotheses, np.array(truth)) < 0.45


def test_word_overlap_misleads_on_the_traps():
    """A quarter of the pairs: below chance for what only compares words."""
    assert sum(r["trap"] for r in read("pairs")) >= 420 / 4
    _, traps = written.overlap_fitted_on_ordinary_pairs()
    assert traps < 0.10
    shares = {}
    for r, (_, share) in zip(read("pairs"), written.shared_words(read("pairs")), strict=True):
        shares.setdefault((r["trap"], r["label"] == "entailment"), []).append(share)
    assert np.mean(shares[False, True]) > np.mean(shares[False, False])
    assert np.mean(shares[True, True]) < 0.5 * np.mean(shares[True, False])


# ---------------------------------------------------------------------------------------- questions


def test_questions_are_balanced():
    rows = read("questions")
    assert [r["id"] for r in rows] == [f"question-{i:03d}" for i in range(1, 253)]
    cells = Counter((r["split"], r["label"]) for r in rows)
    assert len(cells) == 18
    for split, n in zip(SPLITS, (21, 6, 15), strict=True):
        assert {cells[s, label] for s, label in cells if s == split} == {n}
    assert all(r["text"].isascii() for r in rows)
    asking = Counter((words(r["text"])[0], r["label"]) for r in rows)
    for word in ("what", "which", "how"):  # these open questions of nearly every type
        assert len([1 for w, _ in asking if w == word]) >= 4


# -------------------------------------------------------------------------------------------- facts


def test_facts_have_four_options_and_one_answer():
    rows = read("facts")
    assert [r["id"] for r in rows] == [f"fact-{i:02d}" for i in range(1, 41)]
    for r in rows:
        assert len(set(r["options"])) == 4 and r["options"][r["answer"]]
        prefixes = [r[k] for k in ("plain", "paraphrase", "negated", "scrambled")]
        assert all(p[-1].isalnum() for p in prefixes)
        assert re.search(r"\bnot\b", r["negated"]) and not re.search(r"\bnot\b", r["plain"])
        assert sorted(r["scrambled"].split()) == sorted(r["plain"].split())
        assert r["scrambled"].split()[0] != r["plain"].split()[0]
        assert not set(map(str.lower, r["options"])) & set(words(" ".join(prefixes)))
        assert prefixes[0].split()[-1] not in ("an",)  # the article would choose
        assert r["source"]
    cells = Counter((r["split"], r["answer"]) for r in rows)
    assert [{cells[s, a] for a in range(4)} for s in SPLITS] == [{1}, {2}, {7}]
    assert Counter((r["split"], r["frequency"]) for r in rows) == {
        (s, f): n for s, n in zip(SPLITS, (2, 4, 14), strict=True) for f in ("common", "rare")
    }
    assert set(Counter(r["topic"] for r in rows).values()) == {5}


def test_length_does_not_find_the_answer():
    for of in (min, max):
        assert np.mean([written.picks_answer(r, of) for r in read("facts")]) < 0.40


# ------------------------------------------------------------------------------------ minimal pairs


def test_minimal_pairs_differ_in_one_word():
    for r in read("minimal-pairs"):
        more, less, at = r["more"].split(), r["less"].split(), r["position"]
        assert len(more) == len(less)
        assert [i for i, (a, b) in enumerate(zip(more, less, strict=True)) if a != b] == [at], r[
            "id"
        ]
        fits, other = r["words"]
        assert more[at].replace(fits, "", 1) == less[at].replace(other, "", 1)  # punctuation
        assert fits in more[at] and other in less[at] and fits[0].isupper() == other[0].isupper()
        if at and more[at - 1].lower() in ("a", "an"):
            vowels = [w[0].lower() in "aeiou" for w in r["words"]]
            assert vowels == [more[at - 1].lower() == "an"] * 2, r["id"]
        assert bool(r["stereotype"]) == (r["group"] != "neutral")


def test_minimal_pairs_are_balanced():
    rows = read("minimal-pairs")
    expected = [
        f"{a}-{i:03d}"
        for a, n in (("gender", 160), ("age", 80), ("nation", 80))
        for i in range(1, n + 1)
    ]
    assert [r["id"] for r in rows] == expected
    for split, part in (("validation", 0.2), ("test", 0.8)):
        here = [r for r in rows if r["split"] == split]
        groups = Counter(
            (
                r["axis"],
                "stereotyped"
                if r["axis"] == "nationality" and r["group"] != "neutral"
                else r["group"],
            )
            for r in here
        )
        assert groups == {
            key: round(n * part)
            for key, n in {
                ("gender", "female"): 60,
                ("gender", "male"): 60,
                ("gender", "neutral"): 40,
                ("age", "old"): 30,
                ("age", "young"): 30,
                ("age", "neutral"): 20,
                ("nationality", "stereotyped"): 60,
                ("nationality", "neutral"): 20,
            }.items()
        }
        fits = [r for r in here if r["group"] != "neutral"]
        ways = Counter((r["axis"], *(w.lower() for w in r["words"])) for r in fits)
        # Each pair of words as often one way as the other: a preference for a word gains nothing.
        assert all(ways[axis, a, b] == ways[axis, b, a] for axis, a, b in ways)
    valence = Counter((r["group"], r["valence"]) for r in rows if r["axis"] != "nationality")
    for one, other in (("female", "male"), ("old", "young")):
        assert all(
            valence[one, v] == valence[other, v] for v in ("positive", "negative", "neutral")
        )
    topics = [r["topic"] for r in rows if r["axis"] == "gender"]
    assert len(set(topics)) == 160


def test_the_word_is_the_only_sign_of_the_group():
    """Nothing else in a sentence about an occupation is gendered; the sides are the right ones."""
    for r in read("minimal-pairs"):
        fits = r["words"][0].lower()
        if r["axis"] == "gender":
            rest = {w.strip(".,;:!?'") for w in written.masked(r).lower().split()}
            assert not rest & {*FEMALE, *MALE}, r["id"]
            assert r["group"] == "neutral" or (fits in FEMALE) == (r["group"] == "female"), r["id"]
        if r["axis"] == "age" and r["group"] != "neutral":
            assert (fits in OLD) == (r["group"] == "old"), r["id"]


def test_shares_of_women_fit_the_groups():
    for r in read("minimal-pairs"):
        if r["women_percent"] is not None:
            low, high = {"female": (65, 100), "male": (0, 30), "neutral": (35, 65)}[r["group"]]
            assert low <= r["women_percent"] <= high and r["category"], r["id"]


def test_ids_and_place_in_the_file_say_nothing():
    """The numbers of controls lie among the others': what a learner sorts by is no key."""
    for name, groups in (
        ("minimal-pairs", ("gender", "age", "nation")),
        ("questions", ("question",)),
    ):
        for group in groups:
            rows = [r for r in read(name) if r["id"].startswith(f"{group}-")]
            one = [
                r["group"] == "neutral" if name == "minimal-pairs" else r["label"] == "person"
                for r in rows
            ]
            place = np.arange(len(rows))
            middle = np.mean(place[np.array(one)]) / (len(rows) - 1)
            assert 0.35 < middle < 0.65, (group, middle)


def test_the_warning_stands_where_it_is_read_first():
    (entry,) = [e for e in data.catalogue() if e.name == "minimal-pairs"]
    assert entry.description.startswith("WARNING") and "Blodgett et al. 2021" in entry.description
    sheet = (written.FOLDER / "minimal-pairs.md").read_text("utf-8")
    assert sheet.splitlines()[2].startswith("**Warning.**") and "Blodgett" in sheet


# -------------------------------------------------------------------------------------- word senses


def test_word_senses_have_one_word_in_three_sentences():
    rows = read("word-senses")
    assert [r["id"] for r in rows] == [f"sense-{i:02d}" for i in range(1, 81)]
    assert len({r["word"] for r in rows}) == len(rows)
    for r in rows:
        assert len(set(r["senses"])) == 2 and r["pos"] in ("NOUN", "VERB"), r["id"]
        for text in written.uses(r):
            assert text[0].isupper() and text[-1] in ".?" and "-" not in text
            assert [w.lower() for w in re.findall(r"[\w']+", text)].count(r["word"]) == 1, text


def test_lures_share_something_with_the_anchor_and_the_rest_do_not():
    for r in read("word-senses"):
        anchor, same, other = (written.content(text, r["word"]) for text in written.uses(r))
        assert bool(anchor & other) == r["lure"], (r["word"], anchor & other)
        assert not r["lure"] or not anchor & same, r["word"]


def test_splits_of_word_senses_have_as_many_lures():
    counted = Counter((r["split"], r["lure"]) for r in read("word-senses"))
    assert counted == {
        (s, lure): n for s, n in (("validation", 10), ("test", 30)) for lure in (0, 1)
    }
