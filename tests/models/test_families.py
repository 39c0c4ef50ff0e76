"""Models of every family: what is said of a text never depends on the texts beside it.

Tiny random models, made here. Labels are learned for a few steps only: it is about agreement.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
import transformers as hf

from tl_helpers import models, questions
from tl_helpers.core.errors import BadValue, CourseError
from tl_helpers.train import adapt, heads, pretrain
from tl_helpers.train.texts import encode, padding_id, window_of
from tl_helpers.train.word_vectors import word_vectors

WORDS = (
    "the a film soup book was is very so good bad fine awful and but not we saw it ended".split()
)
RNG = np.random.default_rng(0)
TEXTS = [" ".join(RNG.choice(WORDS, n)) for n in RNG.integers(1, 24, 40)]
LABELS = [("good", "bad")[i % 2] for i in range(len(TEXTS))]

SIZES = dict(
    hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32, vocab_size=40
)
WIDE = dict(max_position_embeddings=40)
#: Two mechanisms, not one: what pads is told to the model, or to its table of positions.
FAMILIES = {
    "bert": lambda: hf.BertModel(hf.BertConfig(**SIZES, **WIDE)),
    "bert, no pooling": lambda: hf.BertModel(
        hf.BertConfig(**SIZES, **WIDE), add_pooling_layer=False
    ),
    "bert, masked": lambda: hf.BertForMaskedLM(hf.BertConfig(**SIZES, **WIDE)),
    "distilbert": lambda: hf.DistilBertModel(
        hf.DistilBertConfig(dim=16, n_layers=2, n_heads=2, hidden_dim=32, vocab_size=40, **WIDE)
    ),
    "albert": lambda: hf.AlbertModel(hf.AlbertConfig(**SIZES, **WIDE, embedding_size=8)),
    "electra": lambda: hf.ElectraForPreTraining(
        hf.ElectraConfig(**SIZES, **WIDE, embedding_size=16)
    ),
    "modernbert": lambda: hf.ModernBertModel(
        hf.ModernBertConfig(**SIZES, **WIDE, pad_token_id=0, reference_compile=False)
    ),
    "roberta": lambda: hf.RobertaModel(hf.RobertaConfig(**SIZES, **WIDE, pad_token_id=1)),
    "roberta, pads with 7": lambda: hf.RobertaModel(
        hf.RobertaConfig(**SIZES, **WIDE, pad_token_id=7)
    ),
    "mpnet": lambda: hf.MPNetModel(hf.MPNetConfig(**SIZES, **WIDE)),
    "deberta-v2": lambda: hf.DebertaV2Model(
        hf.DebertaV2Config(
            **SIZES,
            **WIDE,
            relative_attention=True,
            position_biased_input=False,
            pos_att_type=["p2c", "c2p"],
        )
    ),
    "xlnet": lambda: hf.XLNetModel(
        hf.XLNetConfig(d_model=16, n_layer=2, n_head=2, d_inner=32, vocab_size=40)
    ),
    "fnet": lambda: hf.FNetModel(hf.FNetConfig(**SIZES, **WIDE)),
    "gpt2": lambda: hf.GPT2LMHeadModel(
        hf.GPT2Config(n_embd=16, n_layer=2, n_head=2, vocab_size=40, n_positions=40)
    ),
    "gpt-neox": lambda: hf.GPTNeoXModel(hf.GPTNeoXConfig(**SIZES, **WIDE)),
    "bloom": lambda: hf.BloomModel(
        hf.BloomConfig(hidden_size=16, n_layer=2, n_head=2, vocab_size=40)
    ),
    "opt": lambda: hf.OPTModel(
        hf.OPTConfig(
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            ffn_dim=32,
            vocab_size=40,
            word_embed_proj_dim=16,
            **WIDE,
        )
    ),
    "llama": lambda: hf.LlamaModel(hf.LlamaConfig(**SIZES, **WIDE, num_key_value_heads=2)),
    "t5": lambda: hf.T5ForConditionalGeneration(
        hf.T5Config(d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, vocab_size=40)
    ),
    "bart": lambda: hf.BartModel(
        hf.BartConfig(
            d_model=16,
            encoder_layers=2,
            decoder_layers=2,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            vocab_size=40,
            **WIDE,
        )
    ),
}
#: Nothing is masked in it: a padded text is another text, and batches of it cannot be trained on.
NO_MASK = {"fnet"}


def made(family: str) -> torch.nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = FAMILIES[family]()
        for _, parameter in model.named_parameters():  # with 0.02, all would agree anyway
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.3)
    return model.eval()


def tokenizer_of(kind: str = "mlm", pads: bool = True):
    tokenizer = models.town_tokenizer(WORDS, objective=kind)
    tokenizer.model_max_length = int(1e30)  # as where nobody has said anything
    if not pads:
        tokenizer.pad_token = None
        tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def of(family: str):
    return made(family), tokenizer_of("clm" if family in ("gpt2", "llama") else "mlm")


@pytest.mark.parametrize("family", FAMILIES)
def test_vectors_do_not_depend_on_the_texts_beside(family):
    model, tokenizer = of(family)
    for layer, pooling in ((-1, "mean"), (1, "max"), (-1, "cls")):
        how = {"layer": layer, "pooling": pooling, "autocast": "float32"}
        alone = adapt.embed(model, tokenizer, TEXTS, batch_size=1, **how)
        # Not all the same, but for a decoder's first token, which has seen nothing else.
        assert np.ptp(alone, axis=0).max() > 1e-3 or pooling == "cls"
        for size in (7, 64):
            beside = adapt.embed(model, tokenizer, TEXTS, batch_size=size, **how)
            np.testing.assert_allclose(beside, alone, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("mode", adapt.MODES)
@pytest.mark.parametrize("family", FAMILIES)
def test_predictions_do_not_depend_on_the_texts_beside(family, mode):
    model, tokenizer = of(family)
    more = {"steps": 3, "autocast": "float32", "learning_rate": 1e-2}
    if mode == "features":
        more = {"autocast": "float32"}
    elif family in NO_MASK:
        with pytest.raises(BadValue, match="padded.*\n.*features"):
            adapt.fit(model, tokenizer, TEXTS, LABELS, mode=mode, **more)
        return
    adapted = adapt.fit(model, tokenizer, TEXTS, LABELS, mode=mode, **more)
    alone = adapted.probabilities(TEXTS, 1)
    assert np.ptp(alone[:, 0]) > 1e-3
    for size in (7, 64):
        np.testing.assert_allclose(adapted.probabilities(TEXTS, size), alone, atol=2e-2)
    sure = np.abs(alone[:, 0] - 0.5) > 0.03
    np.testing.assert_array_equal(adapted.predict(TEXTS, 64)[sure], adapted.predict(TEXTS, 1)[sure])


def test_a_decoder_is_told_what_pads_kept_heads_included():
    """The first report: a padding mark that was added later, and a head that looks for another."""
    tokenizer = tokenizer_of("clm", pads=False)
    model = made("gpt2")
    model.config.pad_token_id = tokenizer.eos_token_id
    tokenizer.add_special_tokens({"pad_token": "[FILL]"})
    model.resize_token_embeddings(len(tokenizer))
    adapted = adapt.fit(model, tokenizer, TEXTS, LABELS, steps=2, autocast="float32")
    assert adapted.model.config.pad_token_id == tokenizer.pad_token_id
    np.testing.assert_allclose(
        adapted.probabilities(TEXTS, 60), adapted.probabilities(TEXTS, 1), atol=1e-2
    )
    head = adapted.model
    head.config.pad_token_id = 3  # of another tokenizer
    kept = heads.classifier(head, tokenizer, ["bad", "good"], seed=0)
    assert torch.equal(kept.score.weight, head.score.weight)
    assert kept.config.pad_token_id == tokenizer.pad_token_id and head.config.pad_token_id == 3


@pytest.mark.parametrize("pads", [True, False])
def test_a_decoder_with_and_without_a_padding_mark(pads):
    tokenizer, model = tokenizer_of("clm", pads), made("gpt2")
    adapted = adapt.fit(model, tokenizer, TEXTS, LABELS, steps=2, autocast="float32")
    np.testing.assert_allclose(
        adapted.probabilities([*TEXTS, ""], 64), adapted.probabilities([*TEXTS, ""], 1), atol=1e-2
    )


def test_an_encoder_decoder_of_two_is_read_by_its_encoder():
    config = hf.BertConfig(**SIZES, **WIDE)
    writer = hf.BertConfig(**SIZES, **WIDE, is_decoder=True, add_cross_attention=True)
    model = hf.EncoderDecoderModel(encoder=hf.BertModel(config), decoder=hf.BertLMHeadModel(writer))
    tokenizer = tokenizer_of()
    np.testing.assert_array_equal(
        adapt.embed(model, tokenizer, TEXTS), adapt.embed(model.encoder, tokenizer, TEXTS)
    )
    adapted = adapt.fit(model, tokenizer, TEXTS, LABELS, steps=1)
    assert type(adapted.model) is hf.BertForSequenceClassification


def test_t5_is_read_by_its_encoder_whatever_head_it_came_with():
    model, tokenizer = of("t5")
    whole = adapt.embed(model, tokenizer, TEXTS, autocast="float32")
    with torch.inference_mode():
        ids = torch.tensor([tokenizer(TEXTS[0])["input_ids"]])
        expected = model.encoder(ids)[0][0].mean(0)
    np.testing.assert_allclose(whole[0], expected, atol=1e-5)
    encoder = hf.T5EncoderModel(model.config)
    encoder.load_state_dict(model.state_dict(), strict=False)
    np.testing.assert_allclose(
        adapt.embed(encoder.eval(), tokenizer, TEXTS, autocast="float32"), whole, atol=1e-5
    )
    with pytest.raises(BadValue, match="does not fit its classifier"):
        adapt.fit(encoder, tokenizer, TEXTS, LABELS, steps=1)


# How much a model can read -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "said", "window"),
    [
        ("bert", int(1e30), 40),
        ("bert", 12, 12),
        ("bert", -1, 40),
        ("bert", 1e30, 40),
        ("bert", 12.0, 12),
        ("roberta", int(1e30), 38),
        ("roberta, pads with 7", int(1e30), 32),
        ("mpnet", int(1e30), 38),
        ("gpt2", int(1e30), 40),
        ("opt", int(1e30), 40),
        ("bloom", int(1e30), None),
        ("t5", int(1e30), None),
        ("t5", 30, 30),
        ("xlnet", int(1e30), None),
        ("deberta-v2", int(1e30), None),
    ],
)
def test_the_window_is_what_model_and_tokenizer_say(family, said, window):
    model, tokenizer = of(family)
    tokenizer.model_max_length = said
    assert window_of(tokenizer, model) == window
    long = " ".join(WORDS * 5)
    (row,) = encode(tokenizer, [long], model)
    assert len(row) == window if window else len(row) > len(WORDS) * 5
    assert np.isfinite(adapt.embed(model, tokenizer, [long, "good", ""])).all()


def test_positions_behind_the_padding_id_stay_where_they_were():
    """A tokenizer that pads with something else must not shift the positions of RoBERTa."""
    model, tokenizer = of("roberta, pads with 7")
    assert tokenizer.pad_token_id == 0 and padding_id(tokenizer, model) == 7
    network = heads.classifier(model, tokenizer, ["bad", "good"], seed=0)
    assert network.config.pad_token_id == 7
    rows = encode(tokenizer, TEXTS[:1], model)
    with torch.inference_mode():
        a, b = (m(torch.tensor(rows))[0] for m in (model, network.roberta))
    torch.testing.assert_close(a, b)


# Precision ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("mode", adapt.MODES)
def test_weights_of_any_precision_are_trained_in_32_bits(kind, mode, capsys):
    model, tokenizer = of("bert")
    model = model.to(kind)
    more = {"steps": 2} if mode == "fine-tune" else {}
    adapted = adapt.fit(model, tokenizer, TEXTS, LABELS, mode=mode, **more)
    assert model.dtype == kind  # what was passed in stays as it is
    if mode == "fine-tune":
        assert adapted.model.dtype == torch.float32
        assert str(kind).removeprefix("torch.") in capsys.readouterr().out
    assert np.isfinite(adapted.probabilities(TEXTS)).all()


@pytest.mark.parametrize("kind", [hf.BertModel, "rtd"])
def test_pre_training_needs_a_head_that_names_words(kind):
    tokenizer = tokenizer_of()
    if kind == "rtd":
        model = models.new("tiny", "rtd", tokenizer=tokenizer)[0]
    else:
        model = kind(hf.BertConfig(**SIZES, **WIDE))
    blocks = pretrain.pack(TEXTS * 4, tokenizer, 16)
    with pytest.raises(BadValue, match="no head that names words"):
        pretrain.fit(model, blocks, tokenizer=tokenizer, steps=1, batch_size=2)


def test_pre_training_takes_a_half_precision_model_as_32_bits(capsys):
    tokenizer = tokenizer_of()
    model = hf.BertForMaskedLM(hf.BertConfig(**SIZES, **WIDE)).half()
    blocks = pretrain.pack(TEXTS * 4, tokenizer, 16)
    history = pretrain.fit(model, blocks, tokenizer=tokenizer, steps=3, batch_size=4)
    assert model.dtype == torch.float32 and np.isfinite(history.loss).all()
    assert "float16" in capsys.readouterr().out


# Tokenizers of another model ---------------------------------------------------------------------


def test_a_word_added_without_resizing_is_named_with_the_remedy():
    model, tokenizer = of("bert")
    tokenizer.add_tokens([f"new{i}" for i in range(40)])
    adapted = adapt.fit(model, tokenizer, TEXTS, LABELS, steps=1)
    for call in (
        lambda: adapt.embed(model, tokenizer, ["good", "new39"]),
        lambda: adapt.fit(model, tokenizer, ["good", "new39"], [0, 1], steps=1),
        lambda: adapted.predict(["new39"]),
        lambda: word_vectors(model, tokenizer, [["a", "new39"]]),
        lambda: pretrain.fit(
            hf.BertForMaskedLM(model.config),
            pretrain.pack(["new39"] * 90, tokenizer, 16),
            tokenizer=tokenizer,
            steps=1,
            batch_size=2,
        ),
    ):
        with pytest.raises(BadValue, match=r"knows 0 to 39(.|\n)*resize_token_embeddings"):
            call()
    assert adapt.embed(model, tokenizer, ["good"]).shape == (1, 16)  # nothing of it is new
    model.resize_token_embeddings(len(tokenizer))
    assert np.isfinite(adapt.embed(model, tokenizer, ["new39"])).all()


def test_questions_to_a_model_with_another_s_tokenizer_are_refused():
    tokenizer = models.town_tokenizer(objective="clm")
    model = models.new("tiny", "clm", tokenizer=tokenizer)[0]
    tokenizer.add_tokens(["newest"])
    with pytest.raises(BadValue, match="do not belong together"):
        questions.log_probabilities(model, tokenizer, ["a newest film"])
    small = models.new("tiny", "mlm", tokenizer=tokenizer_of())[0]
    with pytest.raises(BadValue, match="do not belong together"):
        questions.own_guesses(small, models.town_tokenizer(), n=2)


def test_a_padding_mark_without_a_vector_is_named():
    model, tokenizer = made("gpt2"), tokenizer_of("clm", pads=False)
    tokenizer.add_special_tokens({"pad_token": "[FILL]"})
    tokenizer.add_tokens([f"x{i}" for i in range(40)])
    tokenizer.pad_token = "x39"
    with pytest.raises(BadValue, match="resize_token_embeddings"):
        adapt.embed(model, tokenizer, TEXTS)


# What pre-training must not show a model ---------------------------------------------------------

CAUSAL = {"objective": "clm", "steps": 1, "batch_size": 2, "autocast": "float32"}


def blocks_of_words():
    return pretrain.pack(TEXTS * 4, tokenizer_of(), 16)


@pytest.mark.parametrize("separate", [True, False])
def test_no_word_hears_of_later_ones(separate):
    """An encoder that predicts the next word gets the mask that it does not have by itself."""
    tokenizer = tokenizer_of()
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = hf.BertForMaskedLM(hf.BertConfig(**SIZES, **WIDE))
        mixing = hf.ConvBertForMaskedLM(hf.ConvBertConfig(**SIZES, **WIDE, embedding_size=16))
    random = RNG.integers(5, len(tokenizer), (256, 16)).astype(np.int32)
    how = {**CAUSAL, "steps": 300, "batch_size": 16, "learning_rate": 1e-2}
    history = pretrain.fit(model, random, tokenizer=tokenizer, separate_documents=separate, **how)
    assert np.mean(history.loss[-20:]) > 0.8 * np.log(len(tokenizer) - 5)  # nothing can be known
    with pytest.raises(CourseError, match=r"see later ones(.|\n)*GPT-2"):
        pretrain.fit(mixing, random, tokenizer=tokenizer, separate_documents=separate, **CAUSAL)


@pytest.mark.parametrize("family", ["opt", "bloom"])
def test_a_family_that_takes_no_such_mask_is_told_what_to_do(family):
    config = made(family).config
    model = {"opt": hf.OPTForCausalLM, "bloom": hf.BloomForCausalLM}[family](config)
    how = {**CAUSAL, "tokenizer": tokenizer_of()}
    with pytest.raises(CourseError, match=r"cannot be trained(.|\n)*separate_documents=False"):
        pretrain.fit(model, blocks_of_words(), **how)
    history = pretrain.fit(model, blocks_of_words(), separate_documents=False, **how)
    assert np.isfinite(history.loss).all() and not model.training


def test_documents_that_no_mask_separates_are_refused():
    model = hf.FNetForMaskedLM(hf.FNetConfig(**SIZES, **WIDE))
    how = {**CAUSAL, "objective": "mlm", "tokenizer": tokenizer_of()}
    with pytest.raises(CourseError, match=r"share a block(.|\n)*separate_documents=False"):
        pretrain.fit(model, blocks_of_words(), **how)
    with pytest.raises(BadValue, match="writes another"):
        pretrain.fit(made("t5"), blocks_of_words(), **how)


def test_ids_by_which_positions_are_counted_are_no_sign_of_a_leak():
    model = hf.RobertaForMaskedLM(hf.RobertaConfig(**SIZES, **WIDE, pad_token_id=7))
    blocks = blocks_of_words()
    assert (blocks[0] == 7).any() or (blocks[1] == 7).any()
    how = {**CAUSAL, "tokenizer": tokenizer_of(), "objective": "mlm"}
    assert np.isfinite(pretrain.fit(model, blocks, **how).loss).all()


def test_a_model_is_tried_with_other_words_even_where_all_blocks_are_the_same():
    mixing = hf.ConvBertForMaskedLM(hf.ConvBertConfig(**SIZES, **WIDE, embedding_size=16))
    same = np.tile(np.arange(5, 21, dtype=np.int32), (4, 1))
    with pytest.raises(CourseError, match="see later ones"):
        pretrain.fit(mixing, same, tokenizer=tokenizer_of(), **CAUSAL)


def test_padding_is_tried_in_32_bits_whatever_the_weights():
    """The rounding of 16 bits must not hide what padding changes: batches would decide vectors."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = hf.YosoModel(hf.YosoConfig(**SIZES, **WIDE)).eval()
    texts = ["good", " ".join(WORDS)]
    for net in (model, copy.deepcopy(model).bfloat16()):
        for autocast in ("float32", "bf16"):
            alone, beside = (
                adapt.embed(net, tokenizer_of(), texts, batch_size=n, autocast=autocast)
                for n in (1, 64)
            )
            np.testing.assert_array_equal(alone, beside)
