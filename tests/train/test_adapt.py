"""Adapting: features, fine-tuning, freezing, early stopping, and agreement with the libraries."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tl_helpers import models
from tl_helpers.core.errors import BadValue, CourseError, UnknownName
from tl_helpers.train import adapt, baseline, finetune, heads, precision, pretrain, probe
from tl_helpers.train.texts import Padding, encode, training_order

GOOD, BAD = ["good", "lovely", "fine"], ["bad", "awful", "poor"]
REST = ["the", "film", "soup", "was", "very", "and", "so", "it"]


def reviews(n: int = 48, seed: int = 0) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(seed)
    texts, labels = [], []
    for i in range(n):
        words = ["the", rng.choice(["film", "soup"]), "was", *["very"] * int(rng.integers(0, 6))]
        texts.append(" ".join([*words, str(rng.choice(GOOD if i % 2 else BAD))]))
        labels.append("positive" if i % 2 else "negative")
    return texts, labels


@pytest.fixture(scope="module")
def tokenizer():
    return models.town_tokenizer(GOOD + BAD + REST)


@pytest.fixture(scope="module")
def model(tokenizer):
    return models.new("tiny", tokenizer=tokenizer, num_hidden_layers=2)[0]


@pytest.fixture(scope="module")
def gpt():
    tokenizer = models.town_tokenizer(GOOD + BAD + REST, objective="clm")
    return models.new("tiny", "clm", tokenizer=tokenizer)[0], tokenizer


def snapshot(model):
    return {k: v.clone() for k, v in model.state_dict().items()}


# embed --------------------------------------------------------------------------------------------


def test_embed_is_the_mean_over_real_tokens_in_the_given_order(model, tokenizer):
    texts = ["the film was very very very good", "soup", "it was so bad and so poor", "fine"] * 3
    vectors = adapt.embed(model, tokenizer, texts, batch_size=5, autocast="float32")
    assert vectors.shape == (12, 32) and vectors.dtype == np.float32
    for layer, pooling in ((-1, "mean"), (0, "mean"), (1, "cls"), (-2, "max")):
        vectors = adapt.embed(
            model, tokenizer, texts, layer=layer, pooling=pooling, batch_size=5, autocast="float32"
        )
        for text, vector in zip(texts, vectors, strict=True):
            with torch.no_grad():
                states = (
                    model.eval()
                    .base_model(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
                    .hidden_states[layer][0]
                )
            expected = {"mean": states.mean(0), "cls": states[0], "max": states.amax(0)}[pooling]
            np.testing.assert_allclose(vector, expected.numpy(), atol=2e-6)


def test_embed_leaves_the_model_as_it_was(model, tokenizer):
    before, training = snapshot(model), model.training
    adapt.embed(model, tokenizer, ["good"], autocast="bf16")
    assert model.training == training and model.dtype == torch.float32
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())


def test_bfloat16_embeddings_point_the_same_way(model, tokenizer):
    texts, _ = reviews()
    a, b = (
        adapt.embed(model, tokenizer, texts, normalise=True, autocast=x)
        for x in ("float32", "bf16")
    )
    assert not np.array_equal(a, b) and (a * b).sum(1).min() > 0.999
    np.testing.assert_allclose(np.linalg.norm(a, axis=1), 1, atol=1e-5)


@pytest.mark.slow
def test_embed_agrees_with_sentence_transformers():
    if models.offline("minilm") is None:
        pytest.skip("the real encoder is not on this machine")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer

    model, tokenizer = models.load("minilm")
    texts = [
        "A small film with a large heart.",
        "I would not go again, not for money. Well, perhaps for a great deal of money.",
        "Fine.",
        "The soup arrived cold, late and in the wrong colour; the waiter agreed with us.",
    ]
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        body = Transformer(folder)
        pooling = Pooling(body.get_embedding_dimension(), pooling_mode="mean")
        twin = SentenceTransformer(modules=[body, pooling], device="cpu")
        expected = twin.encode(texts, normalize_embeddings=True)
    exact = adapt.embed(model, tokenizer, texts, normalise=True, autocast="float32")
    np.testing.assert_allclose(exact, expected, atol=1e-5)
    fast = adapt.embed(model, tokenizer, texts, normalise=True, autocast="bf16")
    assert (fast * expected).sum(1).min() > 0.999


def test_embed_an_empty_text_and_one_that_is_too_long(model, tokenizer, gpt):
    for network, tok in ((model, tokenizer), gpt):
        vectors = adapt.embed(network, tok, ["", "good " * 500, "fine"])
        assert np.isfinite(vectors).all() and len(vectors) == 3


# features -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("C", [1.0, "cv"])
def test_features_leave_the_encoder_alone(model, tokenizer, C):
    texts, labels = reviews()
    before = snapshot(model)
    adapted = adapt.fit(
        model, tokenizer, texts, labels, mode="features", C=C, validation=reviews(20, seed=1)
    )
    assert all(torch.equal(v, before[k]) for k, v in model.state_dict().items())
    assert np.mean(adapted.predict(texts) == np.array(labels)) > 0.95
    assert adapted.history.evaluations[-1]["accuracy"] > 0.9
    assert adapted.model is model and len(adapted.frozen) == len(list(model.parameters()))
    again = adapt.fit(model, tokenizer, texts, labels, mode="features", C=C)
    np.testing.assert_array_equal(again.probabilities(texts), adapted.probabilities(texts))


def test_features_are_scikit_learns(model, tokenizer):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    texts, labels = reviews()
    rows = adapt.embed(model, tokenizer, texts)
    twin = make_pipeline(StandardScaler(), LogisticRegression(C=0.3, max_iter=2000))
    twin.fit(rows, labels)
    adapted = adapt.fit(model, tokenizer, texts, labels, mode="features", C=0.3)
    np.testing.assert_allclose(adapted.probabilities(texts), twin.predict_proba(rows), atol=1e-9)


def test_a_probe_is_fitted_to_the_end():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 300)
    rows = (rng.normal(size=(300, 6)) + 2 * np.eye(6)[labels]).astype(np.float32)
    full = probe.linear(rows, labels, C=1 / (1e-3 * len(rows)))
    assert full[-1].n_iter_.max() < full[-1].max_iter
    names = np.array(["a", "b", "c"])[labels]
    assert (probe.linear(rows, names).predict(rows) == names).mean() > 0.8
    with pytest.raises(BadValue, match="C=0"):
        probe.linear(rows, labels, C=0)


# fine-tuning --------------------------------------------------------------------------------------


def test_fine_tuning_learns_and_keeps_the_form_of_the_labels(model, tokenizer, gpt):
    texts, labels = reviews()
    numbers = [7 if label == "positive" else 3 for label in labels]
    for network, tok in ((model, tokenizer), gpt):
        before = snapshot(network)
        for wanted in (labels, numbers):
            adapted = adapt.fit(network, tok, texts, wanted, epochs=12, learning_rate=5e-3)
            assert np.mean(adapted.predict(texts) == np.array(wanted)) > 0.95
            assert adapted.classes.tolist() == sorted(set(wanted))
            np.testing.assert_allclose(adapted.probabilities(texts).sum(1), 1)
        assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())
        assert adapted.history.loss[-1] < adapted.history.loss[0]


def test_the_result_loads_with_automodel(model, tokenizer, tmp_path):
    from transformers import AutoModelForSequenceClassification

    texts, labels = reviews()
    adapted = adapt.fit(
        model, tokenizer, texts, labels, epochs=12, learning_rate=5e-3, autocast="float32"
    )
    adapted.model.save_pretrained(tmp_path)
    loaded = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    with torch.no_grad():
        number = int(loaded(**tokenizer(texts[0], return_tensors="pt")).logits.argmax())
    assert loaded.config.id2label[number] == adapted.predict(texts[:1])[0] == labels[0]


def test_the_body_is_the_pre_trained_one_and_a_fitting_head_is_kept(model, tokenizer):
    head = heads.classifier(model, tokenizer, ["a", "b"], seed=0)
    for name, value in model.base_model.named_parameters():
        assert torch.equal(head.base_model.get_parameter(name), value)
    other = heads.classifier(model, tokenizer, ["a", "b"], seed=1)
    assert not torch.equal(head.classifier.weight, other.classifier.weight)
    kept = heads.classifier(head, tokenizer, ["b", "a"], seed=2)
    assert kept is not head and torch.equal(kept.classifier.weight, head.classifier.weight)
    assert kept.config.id2label == head.config.id2label == {0: "a", 1: "b"}
    assert heads.classifier(head, tokenizer, ["a", "b", "c"], seed=2).config.num_labels == 3


def test_a_kept_head_goes_on_saying_what_it_said(model, tokenizer, capsys):
    """Its outputs keep their names, in an order that need not be the sorted one."""
    head = heads.classifier(model, tokenizer, ["pos", "neg"], seed=0)
    with torch.no_grad():
        head.classifier.bias[:] = torch.tensor([9.0, -9.0])  # "pos", whatever it reads
    texts, labels = ["a soup", "a film"] * 4, ["pos", "neg"] * 4
    how = {"steps": 1, "learning_rate": 1e-9, "progress": False, "autocast": "float32"}
    adapted = adapt.fit(
        head,
        tokenizer,
        texts,
        labels,
        class_weights={"pos": 1, "neg": 3},
        validation=(texts, ["pos"] * 8),
        **how,
    )
    assert adapted.predict(texts).tolist() == ["pos"] * 8
    assert adapted.classes.tolist() == ["pos", "neg"]
    assert adapted.model.config.id2label == {0: "pos", 1: "neg"}
    assert adapted.history.evaluations[-1]["accuracy"] == 1
    swapped = adapt.fit(head, tokenizer, texts, labels, class_weights=[3, 1], **how)
    assert swapped.history.loss == adapted.history.loss  # in sorted order of the labels
    by_number = adapt.fit(head, tokenizer, texts, [0, 1] * 4, **how)
    assert by_number.predict(texts).tolist() == [0] * 8
    assert by_number.model.config.id2label == {0: "pos", 1: "neg"}
    assert "Note" not in capsys.readouterr().out
    other = adapt.fit(head, tokenizer, texts, ["good", "bad"] * 4, **how)
    assert "a new head is trained" in capsys.readouterr().out
    assert other.model.config.id2label == {0: "bad", 1: "good"}


def test_an_answer_that_is_no_number_is_no_prediction(model, tokenizer):
    adapted = adapt.fit(model, tokenizer, ["a", "b"], [0, 1], steps=1, progress=False)
    with torch.no_grad():
        adapted.model.classifier.bias.fill_(float("nan"))
    for ask in (adapted.predict, adapted.probabilities):
        with pytest.raises(CourseError, match=r"answer to texts\[0\] is not finite"):
            ask(["a"])


def test_labels_of_more_than_64_bits_stay_apart(model, tokenizer):
    texts, labels = ["a", "b", "c", "d"], [2**63, 2**63 + 1, 10**30, 1]
    how = {"validation": (texts, labels), "progress": False}
    for mode in ({"mode": "features"}, {"steps": 1}):
        adapted = adapt.fit(model, tokenizer, texts, labels, **mode, **how)
        assert adapted.classes.tolist() == sorted(labels)
        assert set(adapted.predict(texts).tolist()) <= set(labels)
    with pytest.raises(BadValue, match="64 bits"):
        probe.linear(np.eye(4), labels)


@pytest.mark.parametrize("change", [{"layer": 0}, {"pooling": "cls"}, {"C": 1.0}, {"C": [1]}])
def test_fine_tuning_refuses_what_only_features_have(model, tokenizer, change):
    with pytest.raises(BadValue, match=f'reads no features: {next(iter(change))}(.|\n)*"features"'):
        adapt.fit(model, tokenizer, ["a", "b"], [0, 1], steps=1, **change)


def test_same_seed_same_result_and_the_global_random_state_is_left_alone(model, tokenizer):
    texts, labels = reviews()
    runs = []
    for noise, seed in ((1, 5), (2, 5), (1, 6)):
        torch.manual_seed(noise)
        before = torch.get_rng_state()
        runs.append(adapt.fit(model, tokenizer, texts, labels, steps=4, seed=seed).history.loss)
        assert torch.equal(before, torch.get_rng_state())
    assert runs[0] == runs[1] != runs[2]


def test_each_text_once_per_epoch_in_batches_of_similar_length():
    lengths = np.random.default_rng(0).integers(5, 60, 1003)
    batches = training_order(lengths, 16, seed=0, epoch=0)
    assert sorted(np.concatenate(batches).tolist()) == list(range(1003))
    padded = sum(len(b) * lengths[b].max() for b in batches) / lengths.sum()
    shuffled = np.random.default_rng(1).permutation(1003)
    plain = [shuffled[i : i + 16] for i in range(0, 1003, 16)]
    assert padded < 1.15 < sum(len(b) * lengths[b].max() for b in plain) / lengths.sum()
    means = [lengths[b].mean() for b in batches]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.4  # not from short to long
    assert batches[0].tolist() != training_order(lengths, 16, 0, 1)[0].tolist()


def test_the_same_steps_as_the_trainer(model, tokenizer, tmp_path):
    """Same batches, schedule, decay and clipping as ``transformers.Trainer``: same losses."""
    from transformers import DataCollatorWithPadding

    texts, labels = reviews(40)
    settings = {"learning_rate": 2e-3, "weight_decay": 0.01}
    ours = adapt.fit(
        model,
        tokenizer,
        texts,
        labels,
        epochs=3,
        batch_size=8,
        warmup=0.25,
        seed=1,
        autocast="float32",
        **settings,
    )
    rows = encode(tokenizer, texts, model)
    lengths = np.array([len(r) for r in rows])
    data = [
        {"input_ids": rows[i], "labels": int(labels[i] == "positive")}
        for epoch in range(3)
        for batch in training_order(lengths, 8, 1, epoch)
        for i in batch
    ]
    theirs = baseline.train(
        heads.classifier(model, tokenizer, ["negative", "positive"], seed=1),
        data,
        DataCollatorWithPadding(tokenizer),
        in_order=True,
        num_train_epochs=1,
        per_device_train_batch_size=8,
        warmup_steps=round(0.25 * 15),
        lr_scheduler_type="linear",
        max_grad_norm=1.0,
        logging_strategy="steps",
        logging_steps=1,
        seed=1,
        **settings,
    )
    assert len(ours.history.loss) == len(theirs.loss) == 15
    np.testing.assert_allclose(ours.history.loss, theirs.loss, rtol=2e-3, atol=1e-4)
    assert np.ptp(ours.history.loss) > 0.1  # they are not equal because nothing happened


@pytest.mark.parametrize("kind", ["bert", "gpt2", "roberta"])
@pytest.mark.parametrize("autocast", ["float32", "bf16"])
def test_training_the_words_in_use_only_changes_no_number(kind, autocast, monkeypatch):
    from contextlib import nullcontext

    from transformers import RobertaConfig, RobertaModel

    many = GOOD + BAD + REST + [f"word{i}" for i in range(200)]
    tok = models.town_tokenizer(many, objective="clm" if kind == "gpt2" else "mlm")
    network = models.new("tiny", "clm" if kind == "gpt2" else "mlm", tokenizer=tok)[0]
    if kind == "roberta":  # counts positions by the number of its padding
        network = RobertaModel(
            RobertaConfig(
                vocab_size=len(tok),
                hidden_size=16,
                num_hidden_layers=1,
                num_attention_heads=2,
                intermediate_size=16,
                max_position_embeddings=40,
                pad_token_id=tok.pad_token_id,
            )
        )
    texts, labels = reviews(24)
    settings = {
        "steps": 8,
        "batch_size": 4,
        "learning_rate": 1e-2,
        "autocast": autocast,
        "validation": reviews(8, seed=3),
        "patience": 4,
        "evaluate_every": 2,
    }
    tables = []
    run = finetune.run

    def watched(net, *rest):
        tables.append(len(net.get_input_embeddings().weight))
        return run(net, *rest)

    monkeypatch.setattr(finetune, "run", watched)
    narrow = adapt.fit(network, tok, texts, labels, **settings)
    monkeypatch.setattr(precision, "rows_in_use", lambda net, rows, special: nullcontext(rows))
    whole = adapt.fit(network, tok, texts, labels, **settings)
    assert tables[0] < 60 and tables[1] == len(tok)
    np.testing.assert_allclose(narrow.history.loss, whole.history.loss, rtol=1e-6)
    for ours, theirs in zip(narrow.history.evaluations, whole.history.evaluations, strict=True):
        assert {**ours, "seconds": 0} == {**theirs, "seconds": 0}
    ours, theirs = narrow.model.state_dict(), whole.model.state_dict()
    assert list(ours) == list(theirs)
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-5, atol=1e-7)
    assert (
        narrow.predict(["word3 was the best", *texts]).tolist()
        == whole.predict(["word3 was the best", *texts]).tolist()
    )


# freezing -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "held", "moved"),
    [
        ("embeddings", "bert.embeddings.word_embeddings.weight", "bert.encoder.layer.0."),
        ("encoder", "bert.encoder.layer.1.", "classifier.weight"),
        (0, "bert.encoder.layer.0.", "bert.encoder.layer.1."),
        (-1, "bert.encoder.layer.1.", "bert.encoder.layer.0."),
        ("*.attention.*", "bert.encoder.layer.0.attention.", "bert.encoder.layer.0.intermediate."),
        (["embeddings", 0], "bert.encoder.layer.0.", "bert.encoder.layer.1."),
    ],
)
@pytest.mark.parametrize("autocast", ["float32", "bf16"])
def test_frozen_parts_stay_and_the_rest_moves(model, tokenizer, pattern, held, moved, autocast):
    texts, labels = reviews(16)
    before = model.state_dict()
    adapted = adapt.fit(
        model,
        tokenizer,
        texts,
        labels,
        steps=3,
        freeze=pattern,
        learning_rate=1e-2,
        autocast=autocast,
    )
    after = adapted.model.state_dict()
    assert any(name.startswith(held) for name in adapted.frozen)
    for name in before:
        if name.startswith(held):
            assert torch.equal(after[name], before[name]), name
    start = heads.classifier(model, tokenizer, ["negative", "positive"], seed=0).state_dict()
    assert any(not torch.equal(after[n], start[n]) for n in after if n.startswith(moved))


def test_layers_of_other_architectures_have_numbers(gpt):
    from transformers import DistilBertConfig, DistilBertForSequenceClassification

    assert "0" in heads.parts(heads.classifier(*gpt, ["a", "b"], seed=0))
    distil = DistilBertForSequenceClassification(
        DistilBertConfig(vocab_size=30, dim=16, hidden_dim=16, n_layers=2, n_heads=2)
    )
    parts = heads.parts(distil)
    assert parts["embeddings"] and parts["0"] and parts["1"]


@pytest.mark.parametrize("pattern", ["encodr", 7, ["embeddings", "*.h.*"], "*"])
def test_a_pattern_that_matches_nothing_or_everything(model, tokenizer, pattern):
    texts, labels = reviews(16)
    with pytest.raises(BadValue) as caught:
        adapt.fit(model, tokenizer, texts, labels, steps=1, freeze=pattern)
    if pattern != "*":
        assert "layers 0 to 1" in str(caught.value) and "embeddings" in str(caught.value)


# weights, validation, early stopping --------------------------------------------------------------


@pytest.mark.parametrize("mode", ["fine-tune", "features"])
def test_class_weights_help_the_rare_class(model, tokenizer, mode):
    rng = np.random.default_rng(0)
    texts = ["the film was so so"] * 60  # nothing to tell the classes apart
    labels = [int(i < 6) for i in rng.permutation(60)]
    more = {"steps": 40, "learning_rate": 3e-3, "batch_size": 60} if mode == "fine-tune" else {}
    for weights, expected in ((None, 0.1), ("balanced", 0.5), ([1.0, 27.0], 0.75)):
        adapted = adapt.fit(
            model, tokenizer, texts, labels, mode=mode, class_weights=weights, **more
        )
        assert adapted.probabilities(texts[:1])[0, 1] == pytest.approx(expected, abs=0.07)


def test_early_stopping_gives_back_the_best_weights(model, tokenizer):
    texts, labels = reviews(32)
    wrong = [{"positive": "negative", "negative": "positive"}[x] for x in labels]
    held = (texts, wrong)  # the better it learns, the worse it does here
    adapted = adapt.fit(
        model,
        tokenizer,
        texts,
        labels,
        epochs=50,
        learning_rate=3e-3,
        patience=3,
        validation=held,
        autocast="float32",
    )
    losses = {e["step"]: e["loss"] for e in adapted.history.evaluations}
    assert len(adapted.history.loss) < 100
    assert adapted.best_step == min(losses, key=losses.get) < len(adapted.history.loss)
    probabilities = adapted.probabilities(texts)
    targets = np.searchsorted(adapted.classes, wrong)
    again = -np.log(probabilities[np.arange(32), targets]).mean()
    # predictions may be made in bfloat16, the recorded loss was not
    assert again == pytest.approx(losses[adapted.best_step], abs=0.02)


def test_validation_is_recorded_and_changes_nothing(model, tokenizer):
    texts, labels = reviews(32)
    plain = adapt.fit(model, tokenizer, texts, labels, steps=7, batch_size=8)
    watched = adapt.fit(
        model,
        tokenizer,
        texts,
        labels,
        steps=7,
        batch_size=8,
        validation=reviews(10, seed=1),
        evaluate_every=3,
    )
    assert watched.history.loss == plain.history.loss and plain.history.evaluations == []
    assert [e["step"] for e in watched.history.evaluations] == [3, 6, 7]
    longer = sum(len(ids) for ids in encode(tokenizer, texts, model))
    assert 0 < watched.history.evaluations[0]["tokens"] < longer  # four batches are an epoch
    assert watched.history.evaluations[1]["tokens"] > longer
    assert watched.best_step == 7


# predicting ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["features", "fine-tune"])
@pytest.mark.parametrize("bf16", [False, True])
def test_predicting_copies_the_model_once_and_sees_every_change(
    model, tokenizer, mode, bf16, monkeypatch
):
    """The same probabilities as a fresh copy gives, after every kind of change of the weights."""
    import copy
    from dataclasses import replace
    from types import SimpleNamespace

    monkeypatch.setattr(precision, "supports_bf16", lambda: bf16)
    how = {"steps": 2} if mode == "fine-tune" else {}
    adapted = adapt.fit(copy.deepcopy(model).eval(), tokenizer, *reviews(16), mode=mode, **how)
    network, texts = adapted.model, reviews(8, seed=5)[0]
    copies = []
    counted = SimpleNamespace(
        deepcopy=lambda it, *memo: copies.append(it) or copy.deepcopy(it, *memo)
    )
    monkeypatch.setattr(precision, "copy", counted)
    at_first = adapted.probabilities(texts)
    known = len(copies)
    assert known <= bf16  # in 32 bits the model itself predicts
    np.testing.assert_array_equal(adapted.probabilities(texts), at_first)
    assert len(copies) == known

    def changed() -> np.ndarray:
        probabilities = adapted.probabilities(texts)
        fresh = replace(adapted, model=copy.deepcopy(network)).probabilities(texts)
        np.testing.assert_array_equal(probabilities, fresh)
        return probabilities

    table = network.get_input_embeddings().weight
    table.data.mul_(1.5)  # PyTorch does not count such a change
    second = changed()
    optimiser = torch.optim.AdamW([table], lr=0.1, fused=True)  # nor this one
    table.grad = torch.ones_like(table)
    optimiser.step()
    third = changed()
    hook = network.base_model.encoder.register_forward_hook(
        lambda module, given, out: out.__class__({**out, "last_hidden_state": out[0] * 0})
    )
    fourth = changed()
    hook.remove()
    np.testing.assert_array_equal(changed(), third)
    network.train()  # dropout must not be seen
    np.testing.assert_array_equal(changed(), third)
    assert network.training
    for one, other in ((at_first, second), (second, third), (third, fourth)):
        assert not np.array_equal(one, other)


def test_a_copy_that_predicts_goes_with_its_model(model, tokenizer):
    import copy
    import gc

    own = copy.deepcopy(model).train()
    gc.collect()
    before = len(precision._PREDICTING)
    adapt.embed(own, tokenizer, ["good"], autocast="bf16")
    assert len(precision._PREDICTING) == before + 1
    del own
    gc.collect()
    assert len(precision._PREDICTING) == before


# bad input ----------------------------------------------------------------------------------------

TWO = ["good film", "bad film"]


@pytest.mark.parametrize(
    ("texts", "labels", "more", "says"),
    [
        ([], [], {}, "empty"),
        ("good", [1], {}, "one string"),
        (TWO, [1], {}, "2 texts but 1 labels"),
        (TWO, [1, 1], {}, "All labels are"),
        (TWO, [0.5, 1.5], {}, "float"),
        (TWO, [0, "one"], {}, "all whole numbers or all strings"),
        (TWO, [True, False], {}, "bool"),
        (TWO, [None, 1], {}, "1 of 2 have no label"),
        (["good", 3], [0, 1], {}, "texts\\[1\\] is int"),
        (TWO, [0, 1], {"mode": "lora"}, "mode='lora'"),
        (TWO, [0, 1], {"epochs": 1, "steps": 1}, "both"),
        (TWO, [0, 1], {"steps": 0}, "steps=0"),
        (TWO, [0, 1], {"batch_size": 0}, "batch_size=0"),
        (TWO, [0, 1], {"learning_rate": 0.0}, "learning_rate=0"),
        (TWO, [0, 1], {"schedule": "zigzag"}, "zigzag"),
        (TWO, [0, 1], {"class_weights": [1.0]}, "2 classes"),
        (TWO, [0, 1], {"class_weights": "equal"}, "balanced"),
        (TWO, [0, 1], {"patience": 2}, "validation"),
        (TWO, [0, 1], {"validation": (["good"], [5])}, "not trained on"),
        (TWO, [0, 1], {"validation": ([], [])}, "empty"),
        (TWO, [0, 1], {"autocast": "int8"}, "int8"),
        (TWO, [0, 1], {"seed": "a"}, "seed = 'a' is not a seed"),
        (TWO, [0, 1], {"seed": -1}, "seed = -1 is not a seed"),
        (TWO, [0, 1], {"mode": "features", "seed": -1}, "seed = -1 is not a seed"),
        (TWO, [0, 1], {"mode": "features", "epochs": 3}, "features.*epochs would mean nothing"),
        (TWO, [0, 1], {"mode": "features", "learning_rate": 1.0}, "learning_rate would mean"),
        (TWO, [0, 1], {"mode": "features", "freeze": 0}, "freeze would mean nothing"),
        (TWO, [0, 1], {"checkpoint": "folder"}, "checkpoint means nothing to adapt.fit"),
        (TWO, [0, 1], {"mode": "features", "C": -1}, "C=-1"),
        (TWO, [0, 1], {"mode": "features", "C": "cv"}, "single text"),
    ],
)
def test_input_that_cannot_work(model, tokenizer, texts, labels, more, says):
    with pytest.raises(BadValue, match=says):
        adapt.fit(model, tokenizer, texts, labels, **more)


def test_a_setting_that_no_plan_has(model, tokenizer):
    with pytest.raises(UnknownName, match="Did you mean 'learning_rate'"):
        adapt.fit(model, tokenizer, TWO, [0, 1], steps=1, learning_rat=0.1)


@pytest.mark.parametrize(
    "change",
    [
        {"layer": 3},
        {"layer": -4},
        {"layer": 1.5},
        {"layer": True},
        {"layer": "last"},
        {"pooling": "median"},
        {"batch_size": 0},
        {"batch_size": -1},
        {"batch_size": 2.5},
    ],
)
def test_embed_refuses_what_it_does_not_know(model, tokenizer, change):
    with pytest.raises(BadValue):
        adapt.embed(model, tokenizer, ["good"], **change)
    with pytest.raises(BadValue):
        adapt.embed(model, tokenizer, [])


@pytest.mark.parametrize("mode", ["features", "fine-tune"])
def test_predicting_in_batches_of_nothing(model, tokenizer, mode):
    more = {"steps": 1} if mode == "fine-tune" else {}
    adapted = adapt.fit(model, tokenizer, TWO, [0, 1], mode=mode, **more)
    with pytest.raises(BadValue, match="batch_size=0"):
        adapted.predict(TWO, batch_size=0)


def test_divergence_and_ctrl_c(model, tokenizer, monkeypatch):
    texts, labels = reviews(16)
    with pytest.raises(CourseError, match="no longer a number"):
        adapt.fit(model, tokenizer, texts, labels, steps=5, learning_rate=1e30)

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("tl_helpers.train.finetune.scores", interrupt)
    with pytest.raises(pretrain.Stopped, match="step 2 of 5.\n.*you passed in is unchanged"):
        adapt.fit(
            model, tokenizer, texts, labels, steps=5, evaluate_every=2, validation=(texts, labels)
        )


@pytest.mark.parametrize(
    ("rows", "labels", "how", "says"),
    [
        ([[0.0], [1.0]], [0, 1, 1], {}, "2 rows, but 3 labels"),
        ([0.0, 1.0], [0, 1], {}, "not a table of finite numbers"),
        ([[0.0], [float("nan")]], [0, 1], {}, "not a table of finite numbers"),
        ([[0.0], [1.0, 2.0]], [0, 1], {}, "not a table of numbers"),
        ([[0.0], [1.0]], [1, 1], {}, "All labels are the same"),
        ([[0.0], [1.0]], [0, 1], {"class_weights": [1.0, -1.0]}, "none below 0"),
        ([[0.0], [1.0]], [0, 1], {"class_weights": [1.0]}, "for 2 classes"),
    ],
)
def test_a_probe_of_what_is_no_table(rows, labels, how, says):
    with pytest.raises(BadValue) as error:
        probe.linear(rows, np.array(labels), **how)
    assert says in str(error.value)


def test_dropout_is_that_of_the_library():
    """Same share of zeros, independent of each other, same scale and gradient, from the seed."""
    ones = torch.ones(400, 501, requires_grad=True)
    torch.manual_seed(3)
    dropped = precision.dropout(ones, 0.1)
    assert dropped.unique().tolist() == pytest.approx([0.0, 1 / 0.9], rel=1e-6)
    zero = (dropped == 0).float()
    assert abs(zero.mean() - 0.1) < 0.003  # four standard errors
    for shift in (1, 4):  # numbers of one random word, and of two
        assert abs((zero[:, shift:] * zero[:, :-shift]).mean() - 0.01) < 0.001
    dropped.sum().backward()
    assert torch.equal(ones.grad, dropped)
    torch.manual_seed(3)
    assert torch.equal(precision.dropout(ones, 0.1), dropped)
    assert precision.dropout(ones, 0.1, training=False) is ones
    assert precision.dropout(ones, 0.0) is ones
    assert not precision.dropout(ones, 1.0).any()


def test_quick_dropout_is_for_what_runs_inside():
    layer, ones = torch.nn.Dropout(0.25), torch.ones(64)
    torch.manual_seed(0)
    quick = precision.dropout(ones, 0.25)
    torch.manual_seed(0)
    with precision.quick_dropout(torch.device("cpu")):
        assert torch.equal(layer(ones), quick)
    torch.manual_seed(0)
    assert not torch.equal(layer(ones), quick)
    torch.manual_seed(0)
    with precision.quick_dropout(torch.device("cuda")):  # a GPU draws fast enough by itself
        assert not torch.equal(layer(ones), quick)


@pytest.mark.parametrize(("longest", "plain"), [(20, True), (140, False)])
def test_plain_attention_for_short_texts_only(longest, plain):
    """That of long ones would need memory by the square of their length."""
    texts = finetune.Labelled([[7] * 5, [7] * longest], np.array([0, 1]))
    batches = finetune.TextBatches(texts, Padding(0), batch_size=2, seed=0)
    objective = finetune.objective_on(batches, lambda model, batch: 0, "fine-tuning", "")
    assert (objective.attention is precision.eager_attention) == plain
