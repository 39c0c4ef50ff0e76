"""Notebook 22: its cells by hand and against the library, and its exercises."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tl_helpers import exercises, models
from tl_helpers.core.cells import Cells

# A language of four words: 0 ends a text. The likeliest first word leads to an unlikely text.
_TABLE = {(): [0.01, 0.5, 0.4, 0.09], (1,): [0.3, 0.25, 0.25, 0.2], (2,): [0.9, 0.05, 0.03, 0.02]}


@pytest.fixture(scope="module")
def cells():
    """The functions that the notebook defines, without running its experiments."""
    return Cells("22_generation")


def next_word(rows):
    """Log-probabilities of the little language; what is not in the table ends soon."""
    return torch.tensor([_TABLE.get(tuple(row), [0.7, 0.1, 0.1, 0.1]) for row in rows]).log()


# --- decoding ------------------------------------------------------------------------------------


def test_greedy_takes_the_likeliest_word_and_a_beam_the_likeliest_text(cells):
    assert cells.greedy(next_word, [], 0, longest=5) == [1, 0]
    assert cells.beam(next_word, [], 0, longest=5, width=2) == [2, 0]


def test_a_beam_of_one_is_greedy_decoding(cells):
    assert cells.beam(next_word, [], 0, 5, 1) == cells.greedy(next_word, [], 0, 5)


def test_a_small_nucleus_is_greedy_and_a_large_one_follows_the_probabilities(cells):
    draw = torch.Generator().manual_seed(0)
    assert cells.nucleus(next_word, [], 0, 5, 0.3, draw) == [1, 0]
    firsts = [cells.nucleus(next_word, [], 0, 1, 0.9, draw)[0] for _ in range(400)]
    assert set(firsts) == {1, 2}  # 0.5 and 0.4 reach 0.9
    assert np.mean(np.array(firsts) == 1) == pytest.approx(5 / 9, abs=0.08)


def test_nothing_is_longer_than_it_may_be(cells):
    never = lambda rows: torch.tensor([[0.0, 0.9, 0.1]] * len(rows)).log()  # noqa: E731
    for ids in (cells.greedy(never, [], 0, 7), cells.beam(never, [], 0, 7, 2)):
        assert len(ids) == 7


def test_beams_are_those_of_generate(cells):
    model, tokenizer = models.load("town-clm", task="causal-lm")
    begin = [tokenizer.eos_token_id, *cells.numbers(tokenizer, "The soup was")]

    @torch.no_grad()
    def scores(rows):
        return model(torch.tensor(rows)).logits[:, -1].log_softmax(-1)

    front = torch.tensor([begin])
    for width in (2, 4):
        found = model.generate(
            front,
            attention_mask=torch.ones_like(front),
            num_beams=width,
            early_stopping=True,
            do_sample=False,
            max_new_tokens=30,
        )
        mine = cells.beam(scores, begin, tokenizer.eos_token_id, 30, width)
        assert found[0, len(begin) :].tolist() == mine


def test_repetition_by_hand(cells):
    assert cells.repeated("a b c d e".split()) == 0
    assert cells.repeated("a b c a b c".split()) == pytest.approx(1 / 4)


# --- facts ---------------------------------------------------------------------------------------

REVIEW = {"verdict": "good", "things": ["tea", "toast"], "name": "Copper Kettle", "text": ""}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Copper Kettle: good tea.", ("true", "true", "true")),
        ("good toast in the copper kettle .", ("true", "true", "true")),
        ("Copper Kettle: bad tea.", ("false", "true", "true")),
        ("Good soup in the Copper Spoon.", ("true", "false", "false")),
        ("A kettle of copper.", ("missing", "missing", "missing")),
        ("", ("missing", "missing", "missing")),
    ],
)
def test_what_is_stated_is_true_false_or_missing(cells, text, found):
    assert tuple(cells.verdicts(text, REVIEW).values()) == found


def test_a_word_of_the_name_is_no_thing(cells):
    assert cells.stated("Golden Spoon: good tea.")["thing"] == "tea"
    assert cells.stated("Good tea in the Golden Spoon.")["thing"] == "tea"


def test_every_headline_is_true_of_its_review_and_can_be_written(cells):
    train, test = cells.reviews(3, 600)
    assert len(test) == 200
    for one in train[:50] + test:
        for wording in (0, 1):
            text = cells.headline(one, wording)
            assert set(cells.verdicts(text, one).values()) == {"true"}
        assert one["name"].lower() in one["text"].lower()
    for name in ("town-clm", "town-mlm"):
        tokenizer = models.load(name).tokenizer
        rows = tokenizer([one["headline"] + " " + one["text"] for one in train])["input_ids"]
        assert not any(tokenizer.unk_token_id in row for row in rows)


def test_the_rivals_are_as_true_as_they_say(cells):
    some = cells.reviews(3, 600)[1]
    shares = {kind: cells.tally(texts, some) for kind, texts in cells.rivals(some, 0).items()}
    assert shares["true paraphrase"]["all true"] == 1
    assert shares["lie: verdict turned round"]["verdict false"] == 1
    assert shares["lie: verdict turned round"]["name true"] == 1
    assert shares["wrong name"]["name false"] == 1


# --- models --------------------------------------------------------------------------------------


def test_the_loss_counts_in_the_target_only(cells):
    model, tokenizer = models.load("town-clm", task="causal-lm")
    short = cells.row_of(tokenizer, "Good tea.", "The tea was good.")
    assert short[1][:5] == [-100] * 5 and short[0][5:] == short[1][5:]
    alone = cells.row_loss(model, [short])
    theirs = model(torch.tensor([short[0]]), labels=torch.tensor([short[1]])).loss
    assert float(alone.detach()) == pytest.approx(float(theirs.detach()), rel=0.02)  # bfloat16
    longer = cells.row_of(tokenizer, "", "The soup was cold and the waiter was rude.")
    padded = float(cells.row_loss(model, [short, longer]).detach())
    n, m = (sum(x != -100 for x in row[1][1:]) for row in (short, longer))
    by_hand = (n * alone + m * cells.row_loss(model, [longer])) / (n + m)
    assert padded == pytest.approx(float(by_hand.detach()), rel=0.02)


def test_several_texts_are_written_as_one_by_one(cells):
    model, tokenizer = models.load("town-clm", task="causal-lm")
    sources = ["Good tea.", "We visited the Copper Kettle on Friday and loved it.", ""]
    together = cells.write(model, tokenizer, sources, longest=12)
    assert together == [cells.write(model, tokenizer, [one], longest=12)[0] for one in sources]


@pytest.mark.parametrize("start", ["random weights", "warm start"])
def test_what_is_copied_by_a_warm_start(cells, start):
    known = models.load("town-mlm", task="masked-lm").model.bert.state_dict()
    made = cells.translator(start, 0).model
    for side in (made.encoder, made.decoder.bert):
        weight = "encoder.layer.0.attention.self.query.weight"
        assert torch.equal(side.state_dict()[weight], known[weight]) == (start == "warm start")


def test_the_loss_of_pairs_is_that_of_the_library(cells):
    made = cells.translator("random weights", 0)
    texts = [("The tea was good.", "Good tea."), ("We hated the soup there.", "Bad cold soup.")]
    pairs = [[made.source(text)["input_ids"] for text in pair] for pair in texts]
    made.model.eval()
    sources, targets = (cells.padded([pair[i] for pair in pairs], 0) for i in (0, 1))
    theirs = made.model(
        input_ids=sources,
        attention_mask=(sources != 0).long(),
        decoder_input_ids=targets[:, :-1],
        labels=targets[:, 1:].masked_fill(targets[:, 1:] == 0, -100),
    ).loss
    assert float(cells.pair_loss(made.model, pairs)) == pytest.approx(float(theirs), rel=1e-4)


# --- exercises -----------------------------------------------------------------------------------


def test_the_step_of_the_exercise_makes_the_beam_of_the_notebook(cells):
    space: dict = {"np": np}
    exec(exercises.find("gen-beam").solution, space)
    running: list = [(0.0, "")]
    for _ in range(2):
        rows = next_word([[int(word) for word in words.split()] for _, words in running])
        scores = [{str(word): score for word, score in enumerate(row.tolist())} for row in rows]
        running = space["extend"](running, scores, 2)
    best = [int(word) for word in running[0][1].split()]
    assert best == cells.beam(next_word, [], 0, 2, 2)
