"""Small models to pre-train oneself, and the tokenizer of the town."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from transformers import PreTrainedModel, PreTrainedTokenizerFast

#: Size -> (hidden units, layers).
SIZES = {"tiny": (32, 1), "small": (128, 2), "base": (128, 4), "large": (256, 4)}
#: Settings of a model that are numbers of things.
_WHOLE = {
    *("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"),
    *("max_position_embeddings", "vocab_size", "n_embd", "n_layer", "n_head", "n_positions"),
}
OBJECTIVES = ("mlm", "clm", "rtd")
LANGUAGES = ("english", "ondalese", "both")
SPECIAL_TOKENS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
MAX_LENGTH = 128
#: Split off as tokens of their own. An apostrophe or a hyphen inside a word is not, so "didn't" and
#: "well-made" are one token each, as in the gold annotation of the town.
PUNCTUATION = '[.,!?;:"()\u2013\u2014\u2026]|(?<![\\p{L}\\p{N}])-|-(?![\\p{L}\\p{N}])'
#: GPT-2's own names -> the common ones, so that a setting is never given twice.
_COMMON_NAMES = {
    "n_embd": "hidden_size",
    "n_layer": "num_hidden_layers",
    "n_head": "num_attention_heads",
}


def new(
    size: str = "small",
    objective: str = "mlm",
    seed: int = 0,
    *,
    tokenizer: PreTrainedTokenizerFast | None = None,
    **config: Any,
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """A small transformer with random weights, in the style of BERT, GPT-2 or ELECTRA.

    Two things differ from the large originals. Weights start at a standard deviation of
    1/sqrt(hidden), since with the usual 0.02 a model this narrow hardly moves away from zero. And
    there is no dropout: in one pass over generated text there is nothing to over-fit.

    Args:
        size: ``"tiny"`` (32 x 1, for tests), ``"small"`` (128 x 2), ``"base"`` (128 x 4) or
            ``"large"`` (256 x 4): hidden units x layers.
        objective: ``"mlm"`` (masked language model, BERT), ``"clm"`` (causal language model,
            GPT-2) or ``"rtd"`` (replaced-token detection, ELECTRA's discriminator; its generator
            is made by ``electra.new_generator``).
        seed: seed of the weights; torch's global random state is left as it was.
        tokenizer: by default :func:`town_tokenizer`.
        **config: anything else that the configuration takes, such as ``num_hidden_layers=3``.

    Returns:
        ``(model, tokenizer)``; the model is in training mode.

    Raises:
        UnknownName: no such size, objective or configuration key.
        BadValue: a configuration that does not fit together, or no seed.

    Example:
        >>> model, tokenizer = new("tiny", "clm", seed=1, num_hidden_layers=3)
        >>> len(model.transformer.h)
        3
    """
    import transformers

    checks.known("size", size, SIZES)
    checks.known("objective", objective, OBJECTIVES)
    seed = checks.seed(seed)
    tokenizer = tokenizer or town_tokenizer(objective=objective)
    for name in _WHOLE & set(config):
        config[name] = checks.at_least_one(config[name], name)
    settings = (_gpt if objective == "clm" else bert)(size, tokenizer, config)
    kind, auto = {
        "mlm": (transformers.BertConfig, transformers.AutoModelForMaskedLM),
        "clm": (transformers.GPT2Config, transformers.AutoModelForCausalLM),
        "rtd": (transformers.ElectraConfig, transformers.AutoModelForPreTraining),
    }[objective]
    if objective == "rtd":
        settings = {"embedding_size": settings["hidden_size"], **settings}
    for name in config:
        known = set(kind().to_dict()) | set(kind.attribute_map)
        checks.known(f"setting of {kind.__name__}", name, known)
    model = initialised(
        kind,
        auto,
        settings,
        seed,
        wrong="These settings make no model",
        do="The hidden size has to be a multiple of the number of attention heads.",
    )
    return model.train(), tokenizer


def initialised(
    kind: Any, auto: Any, settings: dict[str, Any], seed: int, *, wrong: str, do: str
) -> Any:
    """A model by the initialiser of its architecture; torch's random state is left as it was.

    Args:
        kind: the class of its configuration.
        auto: the class of ``transformers`` with the head.
        settings: what the configuration is made of.
        seed: of the weights.
        wrong: beginning of the message if these settings do not go together.
        do: its advice.

    Raises:
        BadValue: the settings do not go together.

    Example:
        >>> import transformers as t
        >>> model = initialised(t.BertConfig, t.AutoModel, {}, 0, wrong="", do="")  # doctest: +SKIP
    """
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        try:
            return auto.from_config(kind(**settings), trust_remote_code=False)
        except ImportError:  # of a library, and no fault of the settings
            raise
        except Exception as error:  # transformers has several kinds of error for a setting
            why = " ".join(str(error).split())
            raise BadValue(f"{wrong}: {why}", do) from None


def town_tokenizer(
    vocabulary: Sequence[str] | None = None, *, objective: str = "mlm", language: str = "english"
) -> PreTrainedTokenizerFast:
    """The town's tokenizer: one token per lower-cased word or punctuation mark.

    For ``mlm`` and ``rtd`` a text becomes ``[CLS] text [SEP]``, a pair ``[CLS] a [SEP] b [SEP]``.
    For ``clm`` it becomes ``[CLS] text``: one mark that begins a text, and so also ends the one
    before it, as in GPT-2.

    Args:
        vocabulary: word types; by default those of the town. Upper case and repetitions are
            folded, the order is kept.
        objective: ``"mlm"``, ``"clm"`` or ``"rtd"``.
        language: whose words, unless ``vocabulary`` says: ``"english"``, ``"ondalese"`` or
            ``"both"`` (English first; names and punctuation marks are shared).

    Raises:
        BadValue: no words, or words that the splitting would never produce.
        UnknownName: no such objective or language.

    Example:
        >>> town_tokenizer().tokenize("A good film!")
        ['a', 'good', 'film', '!']
    """
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

    checks.known("objective", objective, OBJECTIVES)
    checks.known("language", language, LANGUAGES)
    if vocabulary is None:
        from tl_helpers import town

        english = town.vocabulary() if language != "ondalese" else []
        vocabulary = english + (town.second_vocabulary() if language != "english" else [])
    given = checks.texts(vocabulary, "vocabulary", empty=True)
    words = list(dict.fromkeys([*SPECIAL_TOKENS, *(word.lower() for word in given)]))
    if len(words) == len(SPECIAL_TOKENS):
        raise BadValue("The vocabulary has no words.", "Give a list of words.")

    core = Tokenizer(models.WordLevel({w: i for i, w in enumerate(words)}, unk_token="[UNK]"))
    core.normalizer = normalizers.Sequence(
        [
            normalizers.NFC(),
            normalizers.Replace(Regex("[\u2018\u2019]"), "'"),
            normalizers.Replace(Regex("[\u201c\u201d]"), '"'),
            normalizers.Lowercase(),
        ]
    )
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split(Regex(PUNCTUATION), "isolated")]
    )
    split = core.pre_tokenizer.pre_tokenize_str
    if whole := [w for w in words[len(SPECIAL_TOKENS) :] if len(split(w)) != 1]:
        raise BadValue(
            f"{len(whole)} words would be taken apart and never be found, such as {whole[0]!r}.",
            "Give words without blanks and punctuation marks.",
        )
    core.decoder = decoders.WordPiece(cleanup=True)  # no blank before a full stop
    return finished(core, objective)


def finished(core: Tokenizer, objective: str) -> PreTrainedTokenizerFast:
    """A ``tokenizers`` tokenizer with the marks around a text, ready for ``transformers``.

    Example:
        >>> finished(core, "mlm")("a film")["input_ids"]  # doctest: +SKIP
        [2, 17, 94, 3]
    """
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    cls, sep = [(mark, core.token_to_id(mark)) for mark in ("[CLS]", "[SEP]")]
    causal = objective == "clm"
    pair = "[CLS] $A [SEP] $B" if causal else "[CLS] $A [SEP] $B:1 [SEP]:1"
    core.post_processor = TemplateProcessing(
        single="[CLS] $A" if causal else "[CLS] $A [SEP]",
        pair=pair,
        special_tokens=[cls, sep],
    )
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    extra = {"bos_token": "[CLS]", "eos_token": "[CLS]"} if causal else {}
    return PreTrainedTokenizerFast(
        tokenizer_object=core,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=MAX_LENGTH,
        model_input_names=[inputs[0], inputs[2]] if causal else inputs,
        **extra,
    )


def bert(
    size: str, tokenizer: PreTrainedTokenizerFast, config: Mapping[str, Any]
) -> dict[str, Any]:
    """The settings of a small BERT, as ``transformers.BertConfig`` takes them.

    Args:
        size: a key of :data:`SIZES`.
        tokenizer: says how many words there are, and which fills up a batch.
        config: settings that come instead of the usual ones, or on top of them.

    Example:
        >>> bert("tiny", town_tokenizer(), {})["hidden_size"]
        32
    """
    default, layers = SIZES[size]
    hidden = config.get("hidden_size", default)
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": max(2, hidden // 64),
        "intermediate_size": 4 * hidden,
        "max_position_embeddings": MAX_LENGTH,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
        "initializer_range": hidden**-0.5,
        "pad_token_id": tokenizer.pad_token_id,
        **config,
    }


def _gpt(
    size: str, tokenizer: PreTrainedTokenizerFast, config: Mapping[str, Any]
) -> dict[str, Any]:
    default, layers = SIZES[size]
    config = {_COMMON_NAMES.get(key, key): value for key, value in config.items()}
    hidden = config.get("hidden_size", default)
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": max(2, hidden // 64),
        "n_positions": MAX_LENGTH,
        "embd_pdrop": 0.0,
        "attn_pdrop": 0.0,
        "resid_pdrop": 0.0,
        "summary_first_dropout": 0.0,
        "activation_function": "gelu_pytorch_tanh",  # GPT-2's own, in one pass instead of eight
        "initializer_range": hidden**-0.5,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        **config,
    }
