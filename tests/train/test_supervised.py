"""Labels as pre-training: packing, the loss, learning, resuming."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tl_helpers import models
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.train import supervised

GOOD, BAD = [f"good{i}" for i in range(6)], [f"bad{i}" for i in range(6)]
QUICK = {
    "steps": 10,
    "batch_size": 4,
    "progress": False,
    "autocast": "float32",
    "learning_rate": 5e-3,
}


def task(n: int = 200) -> tuple[list[str], list[str]]:
    """Texts of good or bad words, among others."""
    rng = np.random.default_rng(0)
    texts, labels = [], []
    for _ in range(n):
        side = int(rng.integers(2))
        words = [*rng.choice((BAD, GOOD)[side], 2), *rng.choice(["and", "the"], 3)]
        texts.append(" ".join(rng.permutation(words)))
        labels.append(("blame", "praise")[side])
    return texts, labels


@pytest.fixture(scope="module")
def tokenizer():
    return models.town_tokenizer([*GOOD, *BAD, "and", "the"])


@pytest.fixture(scope="module")
def packed(tokenizer):
    return supervised.pack(*task(), tokenizer, length=24)


def tiny(tokenizer, seed=0):
    return models.new("tiny", seed=seed, tokenizer=tokenizer)[0]


def same(a, b) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a.parameters(), b.parameters(), strict=True))


def test_every_text_is_packed_whole_with_its_label_on_each_token(tokenizer, packed):
    texts, labels = task()
    ids = packed.rows[:, 0].reshape(-1)
    real = ids != tokenizer.pad_token_id
    assert ids[real].tolist() == [i for t in texts for i in tokenizer(t)["input_ids"]]
    first = ids == tokenizer.cls_token_id
    assert packed.classes[packed.rows[:, 1].reshape(-1)[first]].tolist() == labels
    assert (packed.rows[:, 1].reshape(-1)[~real] == -1).all()
    # no text is cut at the edge of a row
    assert (packed.rows[:, 0, 0] == tokenizer.cls_token_id).all()


def test_a_text_longer_than_the_row_is_cut_to_it(tokenizer):
    short = supervised.pack(["good1 " * 50, "bad1"], [1, 0], tokenizer, length=8)
    assert short.rows.shape == (2, 2, 8)


def test_the_loss_reads_the_mean_of_each_text_alone(tokenizer, packed):
    reader = supervised.make_reader(tiny(tokenizer).base_model, 2, seed=0).eval()
    texts, labels = task()
    batch = packed.rows[:2]
    n = int((batch[:, 0] == tokenizer.cls_token_id).sum())
    with torch.no_grad():
        loss = supervised.loss_of(reader, batch, tokenizer.cls_token_id, tokenizer.pad_token_id)
        # Positions go on within a row, as in pre-training on plain text; give each text its own.
        wanted, at = [], {}
        for text, label in zip(texts[:n], labels[:n], strict=True):
            ids = tokenizer(text, return_tensors="pt")["input_ids"]
            row = len(at.setdefault("row", [])) and at["row"][-1]
            used = at.get("used", 0)
            if used + ids.shape[1] > batch.shape[2]:
                row, used = row + 1, 0
            at["row"].append(row)
            at["used"] = used + ids.shape[1]
            states = reader.body(
                input_ids=ids, position_ids=torch.arange(used, used + ids.shape[1])[None]
            )[0]
            logits = reader.score(states.mean(1))
            truth = torch.tensor([packed.classes.tolist().index(label)])
            wanted.append(torch.nn.functional.cross_entropy(logits, truth))
    assert float(loss) == pytest.approx(float(torch.stack(wanted).mean()), abs=1e-5)


@pytest.mark.parametrize("optimiser", ["muon", "adamw"])
def test_it_learns_and_so_does_the_body(tokenizer, packed, optimiser):
    model = tiny(tokenizer)
    before = {k: v.clone() for k, v in model.base_model.state_dict().items()}
    history = supervised.fit(
        model,
        packed,
        tokenizer=tokenizer,
        optimiser=optimiser,
        **{**QUICK, "steps": 60, "batch_size": 8},
    )
    assert np.mean(history.loss[-5:]) < 0.5 * history.loss[0]
    assert not model.training
    after = model.base_model.state_dict()
    key = "encoder.layer.0.attention.self.query.weight"
    assert not torch.equal(before[key], after[key])


def test_same_seed_same_result(tokenizer, packed):
    made = []
    for seed in (1, 1, 2):
        model = tiny(tokenizer)
        supervised.fit(model, packed, tokenizer=tokenizer, seed=seed, **QUICK)
        made.append(model.base_model)
    assert same(made[0], made[1]) and not same(made[0], made[2])


def test_a_run_goes_on(tokenizer, packed, tmp_path):
    whole = tiny(tokenizer)
    supervised.fit(whole, packed, tokenizer=tokenizer, **QUICK)
    seen = []

    def die(body):
        seen.append(type(body).__name__)
        if len(seen) == 2:
            raise RuntimeError("killed")
        return 0.0

    with pytest.raises(RuntimeError, match="killed"):
        supervised.fit(
            tiny(tokenizer),
            packed,
            tokenizer=tokenizer,
            checkpoint=tmp_path / "run",
            checkpoint_every=4,
            evaluate=die,
            evaluate_every=6,
            **QUICK,
        )
    assert seen == ["BertModel"] * 2
    again = tiny(tokenizer)
    history = supervised.fit(
        again, packed, tokenizer=tokenizer, checkpoint=tmp_path / "run", checkpoint_every=4, **QUICK
    )
    assert same(whole.base_model, again.base_model) and len(history.loss) == QUICK["steps"]
    with pytest.raises(CourseError, match="weight_decay"):
        supervised.fit(
            tiny(tokenizer),
            packed,
            tokenizer=tokenizer,
            checkpoint=tmp_path / "run",
            weight_decay=0.5,
            **QUICK,
        )


@pytest.mark.parametrize(
    "texts, labels",
    [
        ([], []),
        (["a"], [0]),
        (["a", "b"], [0, 0]),
        (["a", "b"], [0]),
        ("ab", [0, 1]),
        (["a", 3], [0, 1]),
    ],
)
def test_labels_that_cannot_work(tokenizer, texts, labels):
    with pytest.raises(BadValue):
        supervised.pack(texts, labels, tokenizer)


def test_rows_that_cannot_work(tokenizer, packed):
    model = tiny(tokenizer)
    for rows in (packed.rows[:, 0], np.full((4, 2, 24), 500), np.zeros((4, 2, 300), int)):
        with pytest.raises(BadValue):
            supervised.fit(
                model, supervised.Packed(rows, packed.classes), tokenizer=tokenizer, **QUICK
            )
    with pytest.raises(BadValue):
        supervised.fit(model, packed, tokenizer=tokenizer, **{**QUICK, "batch_size": 10_000})
