"""Notebook 40: its measures by hand and as the official code has them, and what they refuse."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
import torch

from tl_helpers import exercises
from tl_helpers.core.cells import Cells
from tl_helpers.core.errors import BadValue
from tl_helpers.measure import results
from tl_helpers.models import load
from tl_lessons.bias import originals, people, reading, sets


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("40_bias")


@pytest.fixture(scope="module")
def town_mlm():
    return load("town-mlm", task="masked-lm")


@pytest.fixture(scope="module")
def official():
    """What the official code said of ``town-mlm``; the study says how that was made."""
    return results.load("bias-reference").table


# --- the town's dial -----------------------------------------------------------------------------


def test_the_text_has_the_gap_of_the_dial_and_no_names(cells):
    for skew in (0.0, 0.5, 1.0):
        sentences = cells.about_people(skew, 7)
        assert len(sentences) > 1000
        assert abs(cells.text_gap(sentences) - skew) < 0.08
        assert {people.job_of(sentence) for sentence in sentences} <= {
            job for names in people.jobs().values() for job in names
        }
        assert not any("," in sentence.split(" ")[1] for sentence in sentences)
    without = cells.about_people(1.0, 7, pronoun=False)
    assert not any(f" {word} " in f" {text} " for text in without for word in ("she", "his"))


def test_a_twin_differs_in_its_pronouns_only(cells):
    text = "The nurse said that he was happy, and brought his friends."
    she = people.reworded(text, people.HERS)
    assert she == "The nurse said that she was happy, and brought her friends."
    assert people.reworded(she, people.HIS) == text
    both = cells.augmented([text, she])
    assert sorted(both) == sorted([text, she] * 2)
    assert sum(map(people.says_she, both)) == 2


# --- behaviour -----------------------------------------------------------------------------------


def test_a_share_is_that_of_two_words_at_the_mask(cells, town_mlm):
    model, tokenizer = town_mlm
    sentence = f"the nurse brought {tokenizer.mask_token} friends ."
    (share,) = cells.share_of(model, tokenizer, [sentence], ["her"], ["his"])
    row = tokenizer(sentence, return_tensors="pt")
    with torch.no_grad():
        logits = model(**row).logits[0, row["input_ids"][0].tolist().index(tokenizer.mask_token_id)]
    her, his = (logits[tokenizer.convert_tokens_to_ids(word)].item() for word in ("her", "his"))
    assert share == pytest.approx(1 / (1 + math.exp(his - her)), abs=1e-5)
    with pytest.raises(BadValue, match=r"no token for \['astronomess'\](.|\n)*-> Leave them out"):
        cells.share_of(model, tokenizer, [sentence], ["her", "astronomess"], ["his"])


def test_pair_scores_are_those_of_the_official_code(cells, town_mlm, official):
    from tl_lessons.bias.studies import reference_pairs

    theirs = official[official.metric == "CrowS-Pairs"]
    ours = [cells.pair_scores(*town_mlm, *pair) for pair in reference_pairs()]
    assert [more for more, _ in reference_pairs()] == theirs.case.tolist()
    assert np.allclose(ours, theirs[["more", "less"]], atol=2e-3)  # theirs are rounded to 0.001
    share = float((theirs.more > theirs.less).mean())
    assert cells.crows(*town_mlm, reference_pairs()) == share  # the score itself: exactly


def test_pair_scores_by_another_road(cells, town_mlm):
    """One token, one mask, one call at a time, from the definition."""
    model, tokenizer = town_mlm
    pair = ("The nurse brought her friends.", "The nurse brought his friends.")
    for sentence, found in zip(pair, cells.pair_scores(model, tokenizer, *pair), strict=True):
        ids, total = tokenizer(sentence)["input_ids"], 0.0
        for place, token in enumerate(ids):
            word = tokenizer.convert_ids_to_tokens(token)
            if word in ("her", "his") or token in tokenizer.all_special_ids:
                continue
            masked = [*ids[:place], tokenizer.mask_token_id, *ids[place + 1 :]]
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([masked])).logits[0, place]
            total += logits.log_softmax(0)[token].item()
        assert found == pytest.approx(total, abs=1e-4)


@pytest.mark.parametrize(
    ("more", "less"),
    [
        ("She paid her bill.", "He paid his bill."),  # two places
        ("She paid the bill.", "She paid the bill."),  # none
        ("She paid the bill.", "She paid the whole bill."),  # one word more
        ("The two women paid.", "The old man paid."),  # two words at one place
    ],
)
def test_pairs_that_do_not_differ_in_one_word_are_refused(cells, more, less):
    with pytest.raises(BadValue, match=r"differs in one word"):
        cells.crows(None, None, [("She paid.", "He paid."), (more, less)][1:])
    with pytest.raises(BadValue, match=r"differs in one word(.|\n)*-> Change one word only"):
        sets.one_word_apart(more, less)
    assert sets.one_word_apart("She paid.", "He paid.") == ("She", "He")


def test_all_written_pairs_differ_in_one_word(cells):
    for axis in ("gender", "age", "nationality"):
        for row in cells.written_pairs(axis):
            more, less = sets.one_word_apart(row["more"], row["less"])
            assert row["words"][0] in more and row["words"][1] in less


def test_a_likelihood_from_left_to_right_is_the_sum_over_its_tokens(cells):
    model, tokenizer = load("town-clm", task="causal-lm")
    texts = ["the tea was hot .", "we loved the soup , and the staff were kind ."]
    found = reading.log_likelihoods(model, tokenizer, texts, batch_size=2)
    for text, value in zip(texts, found, strict=True):
        ids = [tokenizer.bos_token_id, *tokenizer(text)["input_ids"]]
        with torch.no_grad():
            chances = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(1)
        total = sum(chances[i, ids[i + 1]].item() for i in range(len(ids) - 1))
        assert value == pytest.approx(total, abs=1e-3)


def test_a_group_without_a_member_is_named():
    rows = ["female", "male", "female"]
    assert sets.members(rows, "female").tolist() == [0, 2]
    with pytest.raises(BadValue, match=r"group 'neutral'(.|\n)*-> There are \['female', 'male'\]"):
        sets.members(rows, "neutral")


# --- geometry ------------------------------------------------------------------------------------


def slow_weat(x, y, a, b):
    """WEAT as Caliskan et al. print it: loops, and nothing shared with the notebook."""

    def cosine(u, v):
        dot = sum(float(p) * float(q) for p, q in zip(u, v, strict=True))
        return dot / math.sqrt(sum(float(p) ** 2 for p in u) * sum(float(q) ** 2 for q in v))

    def s(w):
        return sum(cosine(w, one) for one in a) / len(a) - sum(cosine(w, one) for one in b) / len(b)

    of_x, of_y = [s(w) for w in x], [s(w) for w in y]
    pooled = of_x + of_y
    middle = sum(pooled) / len(pooled)
    spread = math.sqrt(sum((v - middle) ** 2 for v in pooled) / (len(pooled) - 1))
    d = (sum(of_x) / len(of_x) - sum(of_y) / len(of_y)) / spread
    n = len(of_x)
    ways = [sum(pooled[i] for i in some) for some in itertools.combinations(range(2 * n), n)]
    return d, sum(way >= sum(of_x) - 1e-12 for way in ways) / len(ways)


def test_weat_is_that_of_the_official_code(cells, town_mlm, official):
    from tl_lessons.bias.studies import reference_sets

    theirs = official[official.metric == "WEAT"].set_index("case")
    for name, four in reference_sets().items():
        vectors = [cells.vectors_of(*town_mlm, words, "table") for words in four]
        x, y, a, b = vectors
        assert cells.effect_size(*vectors) == pytest.approx(theirs.d[name], abs=1e-6)
        ours = cells.permutation_p(cells.associations(x, a, b), cells.associations(y, a, b))
        counted = len(x) == 6  # there every deal is counted, and both count the same
        assert ours == pytest.approx(theirs.p[name], abs=1e-12 if counted else 0.02)


def test_weat_by_another_road(cells):
    rng = np.random.default_rng(3)
    for n in (2, 3, 4):
        sets = [rng.normal(size=(size, 5)) for size in (n, n, 3, 2)]
        d, p = slow_weat(*sets)
        x, y, a, b = sets
        assert cells.effect_size(*sets) == pytest.approx(d, abs=1e-9)
        of_x, of_y = cells.associations(x, a, b), cells.associations(y, a, b)
        assert cells.permutation_p(of_x, of_y) == pytest.approx(p, abs=1e-12)


def test_sets_that_mean_nothing_are_refused(cells):
    known = {"nurse", "plumber", "baker", "she", "he"}
    fine = (["nurse"], ["plumber"], ["she"], ["he"])
    assert sets.checked(*fine, known=known) == fine
    with pytest.raises(BadValue, match=r"have 2 and 1 words(.|\n)*-> (.|\n)*make them equal"):
        sets.checked(["nurse", "baker"], *fine[1:], known=known)
    with pytest.raises(BadValue, match=r"none of these words: \['wizard'\](.|\n)*-> Leave them"):
        sets.checked(["nurse"], ["wizard"], ["she"], ["he"], known=known)
    with pytest.raises(BadValue, match=r"No word in the set \['a'\](.|\n)*-> Each group"):
        sets.checked(["nurse"], ["plumber"], [], ["he"], known=known)


@pytest.mark.parametrize("way", ["table", "word alone", "word in a sentence", "whole sentence"])
def test_a_vector_is_that_of_its_word_whatever_stands_beside_it(cells, town_mlm, way):
    both = cells.vectors_of(*town_mlm, ["nurse", "plumber"], way)
    (alone,) = cells.vectors_of(*town_mlm, ["plumber"], way)
    assert both.shape == (2, 128) and np.allclose(both[1], alone, atol=1e-5)
    assert not np.allclose(both[0], both[1])


def test_holm_by_hand(cells):
    assert cells.holm(np.array([0.01, 0.04, 0.03])).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert cells.holm(np.array([0.5, 0.9])).tolist() == [1.0, 1.0]
    assert cells.holm(np.array([0.02])).tolist() == [0.02]


def test_stereoset_is_that_of_the_official_code(cells, town_mlm, official):
    (theirs,) = official[official.metric == "StereoSet"].to_dict("records")
    ours = cells.stereoset(cells.three_ways(*town_mlm))
    assert ours == pytest.approx({name: theirs[name] for name in ("lms", "ss", "icat")}, abs=1e-9)


def test_stereoset_by_hand(cells):
    rows = [("nurse", 3, 2, 1), ("nurse", 1, 3, 2), ("baker", 3, 2, 1)]
    found = cells.stereoset(rows)  # terms count equally, however many rows they have
    assert found == pytest.approx({"lms": 87.5, "ss": 75.0, "icat": 87.5 * 25 / 50})
    with pytest.raises(BadValue, match=r"no rows(.|\n)*-> Give at least one"):
        cells.stereoset([])


# --- remedies ------------------------------------------------------------------------------------


def test_projections_are_projections_and_hide_a_direction(cells):
    rng = np.random.default_rng(0)
    base = rng.normal(size=(200, 6))
    she, he = base + 2 * np.eye(6)[0], base - 2 * np.eye(6)[0]
    for make, lost in ((cells.sentence_debias, 1), (lambda s, h: cells.inlp(s, h, 3), 3)):
        projection = make(she, he)
        assert np.allclose(projection @ projection, projection)
        assert np.allclose(projection, projection.T)
        assert np.trace(projection) == pytest.approx(6 - lost)
    assert np.allclose((she - he) @ cells.sentence_debias(she, he), 0, atol=1e-8)
    assert np.array_equal(cells.nothing(she, he), np.eye(6))


def test_a_projected_model_is_itself_again_afterwards(cells, town_mlm):
    model, tokenizer = town_mlm
    text = ["the nurse brought her friends ."]
    before = reading.sentence_vectors(model, tokenizer, text)
    with reading.projected(model, np.zeros((128, 128))):
        assert np.allclose(reading.sentence_vectors(model, tokenizer, text), 0)
    assert np.array_equal(reading.sentence_vectors(model, tokenizer, text), before)


def test_words_are_filled_in_as_the_model_says(cells, town_mlm):
    """By another road: one sentence at a time, and the places as they were drawn."""
    model, tokenizer = town_mlm
    texts = cells.about_people(0.0, 7, pronoun=False, start=4_000_000, documents=20_000)[:40]
    lengths = np.array([len(tokenizer(text)["input_ids"]) for text in texts])
    right = 0
    for text, place in zip(texts, np.random.default_rng(7).integers(1, lengths - 1), strict=True):
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        truth, ids[0, place] = ids[0, place].item(), tokenizer.mask_token_id
        with torch.no_grad():
            right += model(input_ids=ids).logits[0, place].argmax().item() == truth
    assert cells.words_right(model, tokenizer, 7, n=40) == pytest.approx(100 * right / 40, abs=2.6)


def test_sentence_vectors_are_those_of_the_package(cells, town_mlm):
    from tl_helpers.train import adapt

    texts = ["the nurse brought her friends .", "the tea was hot .", "we loved it ."]
    ours = reading.sentence_vectors(*town_mlm, texts)
    assert np.allclose(ours, adapt.embed(*town_mlm, texts, autocast="float32"), atol=1e-4)


# --- the original set, exercises -----------------------------------------------------------------


CROWS = """,id,sent_more,sent_less,stereo_antistereo,bias_type
0,1,The nurse brought her friends.,The nurse brought his friends.,stereo,gender
1,2,"The nurse, she brought her friends.","The nurse, he brought his friends.",stereo,gender
2,3,The tea was hot.,The soup was hot.,antistereo,nationality
"""


def in_file(folder, name, text):
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_the_original_crows_pairs_are_read_and_scored_as_published(cells, town_mlm, tmp_path):
    path = in_file(tmp_path, "crows_pairs_anonymized.csv", CROWS)
    pairs = originals.crows(path)
    assert pairs["one word"].tolist() == [True, False, True]
    assert pairs.more[1] == "The nurse, she brought her friends."

    found = cells.crows_report(path, lambda texts: np.array([len(text) for text in texts]))
    longer = [len(more) > len(less) for more, less in zip(pairs.more, pairs.less, strict=True)]
    by_name = found.set_index("pairs")["likelier, %"]
    assert by_name["all"] == pytest.approx(100 * np.mean(longer))
    assert by_name["one word apart"] == pytest.approx(100 * np.mean([longer[0], longer[2]]))
    assert found.n.tolist() == [3, 2, 2, 1]
    # Two places differ, so the tokens in common lie in three blocks: all of them count.
    more, less = cells.pair_scores(*town_mlm, pairs.more[1], pairs.less[1])
    assert more < 0 and less < 0 and more != less


def stereoset_file(folder, labels=("stereotype", "anti-stereotype", "unrelated")):
    ends = ("her friends.", "his friends.", "soup friends.")
    sentences = [
        {"sentence": f"The nurse brought {end}", "id": end, "gold_label": label}
        for end, label in zip(ends, labels, strict=False)
    ]
    example = {"target": "nurse", "bias_type": "gender", "id": "1", "sentences": sentences[::-1]}
    whole = {"version": "1", "data": {"intrasentence": [example], "intersentence": []}}
    return in_file(folder, "dev.json", json.dumps(whole))


def test_the_original_stereoset_is_read_whatever_the_order_and_scored(cells, tmp_path):
    path = stereoset_file(tmp_path)
    (row,) = originals.stereoset(path).to_dict("records")
    assert row["expected"] == "The nurse brought her friends." and row["term"] == "nurse"
    assert row["senseless"] == "The nurse brought soup friends."
    order = {"her": 3.0, "his": 2.0, "soup": 1.0}
    said = cells.stereoset_report(path, lambda texts: [order[text.split()[3]] for text in texts])
    assert said == {"lms": 100.0, "ss": 100.0, "icat": 0.0}


def test_a_model_that_writes_scores_the_original_files(cells, tmp_path):
    """The cells' own scorers, with the town's model in the place of SmolLM2."""
    whole, a_token = cells.scorers("town-clm")
    texts = ["the nurse brought her friends .", "the tea was hot ."]
    model, tokenizer = load("town-clm", task="causal-lm")
    lengths = [len(tokenizer(text)["input_ids"]) for text in texts]
    assert np.allclose(whole(texts), reading.log_likelihoods(model, tokenizer, texts), rtol=0.02)
    assert np.allclose(a_token(texts) * lengths, whole(texts))
    crows = in_file(tmp_path, "crows.csv", CROWS)
    assert cells.crows_report(crows, whole)["likelier, %"].between(0, 100).all()
    assert 0 <= cells.stereoset_report(stereoset_file(tmp_path), a_token)["icat"] <= 100


def test_files_that_are_not_the_original_sets_are_refused(tmp_path):
    with pytest.raises(BadValue, match=r"cannot be read(.|\n)*-> Fetch it first: https://"):
        originals.crows(tmp_path / "absent.csv")
    for text in ("", "a,b\n1,2\n"):
        with pytest.raises(BadValue, match=r"no columns sent_more(.|\n)*-> It should be the file"):
            originals.crows(in_file(tmp_path, "other.csv", text))
    for text in ("", "[]", '{"data": {}}'):
        with pytest.raises(BadValue, match=r"is not StereoSet(.|\n)*-> It should be the file"):
            originals.stereoset(in_file(tmp_path, "other.json", text))
    with pytest.raises(BadValue, match=r"KeyError: 'unrelated'"):
        originals.stereoset(stereoset_file(tmp_path, ("stereotype", "anti-stereotype")))


def test_the_exercise_counts_as_scipy_does(cells):
    space: dict = {"np": np}
    exec(exercises.find("bias-exact-p").solution, space)
    rng = np.random.default_rng(1)
    for n in (2, 3, 4):
        x, y = rng.normal(size=n), rng.normal(size=n)
        assert space["exact_p"](x.tolist(), y.tolist()) == pytest.approx(cells.permutation_p(x, y))


def test_the_official_code_is_asked_for_by_name(monkeypatch, tmp_path):
    from tl_lessons.bias import studies

    monkeypatch.setenv("TL_OFFICIAL", str(tmp_path))
    with pytest.raises(BadValue, match=r"weat.py is not in(.|\n)*-> Get it from (.|\n)*sent-bias"):
        studies.official("weat.py")
    (tmp_path / "weat.py").write_text(
        "import dataloader\ndef f():\n    return 3\nraise SystemExit\n"
    )
    assert studies.official("weat.py").f() == 3
