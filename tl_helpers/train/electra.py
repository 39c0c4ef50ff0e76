"""Replaced-token detection (Clark et al., 2020, "ELECTRA"): which words are not the author's?

A small masked language model, the generator, fills gaps with words that it finds likely. The
discriminator, the model that one wants to have, says of every word whether it is the original. The
two are trained side by side, and share the tables of words and positions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch.nn import functional

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue
from tl_helpers.models import small
from tl_helpers.train import batches

if TYPE_CHECKING:
    from transformers import ElectraForMaskedLM, PreTrainedModel

WEIGHT = 50.0  # of the discriminator's loss, as in the paper


def new_generator(
    discriminator: PreTrainedModel,
    hidden_size: int | None = None,
    seed: int = 0,
    *,
    share: bool = True,
    **config: Any,
) -> ElectraForMaskedLM:
    """A generator for ``discriminator``, of the same depth, with random weights.

    Args:
        discriminator: an ``ElectraForPreTraining``.
        hidden_size: of the generator; by default half of the discriminator's. With a generator as
            strong as the discriminator, the paper finds, the task becomes too hard.
        seed: seed of the weights; torch's global random state is left as it was.
        share: let both use the same embeddings (words, positions, their normalisation).
        **config: anything else that ``ElectraConfig`` takes.

    Raises:
        BadValue: another kind of model, or a size that does not fit.

    Example:
        >>> from tl_helpers import models
        >>> new_generator(models.new("tiny", "rtd")[0]).config.hidden_size
        16
    """
    from transformers import AutoModelForMaskedLM, ElectraConfig, ElectraForPreTraining

    if not isinstance(discriminator, ElectraForPreTraining):
        raise BadValue(
            f"A {type(discriminator).__name__} judges no replaced words.",
            'Make the model with models.new(size, "rtd"), or load an ElectraForPreTraining.',
        )
    settings = discriminator.config.to_dict()
    share = checks.flag(share, "share")
    half = settings["hidden_size"] // 2
    hidden = half if hidden_size is None else checks.at_least_one(hidden_size, "hidden_size")
    settings.update(
        hidden_size=hidden,
        num_attention_heads=max(1, hidden // 32),
        intermediate_size=4 * hidden,
        initializer_range=hidden**-0.5,
    )
    settings.update(config)
    heads = checks.at_least_one(settings["num_attention_heads"], "num_attention_heads")
    if settings["hidden_size"] % heads:  # ElectraModel does not look
        raise BadValue(
            f"hidden_size={hidden} makes no generator with "
            f"{settings['num_attention_heads']} attention heads.",
            "Use a multiple of 32.",
        )
    settings.pop("architectures", None)
    generator = small.initialised(
        ElectraConfig,
        AutoModelForMaskedLM,
        settings,
        checks.seed(seed),
        wrong=f"hidden_size={hidden} makes no generator",
        do="Use a multiple of 32 that is smaller than the discriminator's.",
    )
    if share:
        generator.electra.embeddings = discriminator.electra.embeddings
        generator.tie_weights()  # the output layer is the table of words, so it is shared too
    return generator.to(discriminator.device).train()


class Pair(torch.nn.Module):
    """Discriminator and generator as one module, so that one loop can train both.

    What is shared counts once among the parameters.

    Raises:
        BadValue: models of another kind, or with other vocabularies.
    """

    def __init__(
        self, discriminator: PreTrainedModel, generator: PreTrainedModel | None, seed: int = 0
    ) -> None:
        super().__init__()
        generator = new_generator(discriminator, seed=seed) if generator is None else generator
        if batches.head_of(generator) is None or not hasattr(
            discriminator, "discriminator_predictions"
        ):
            raise BadValue(
                f"A {type(discriminator).__name__} and a {type(generator).__name__} are no pair.",
                "Use an ElectraForPreTraining and electra.new_generator(it).",
            )
        if generator.config.vocab_size != discriminator.config.vocab_size:
            raise BadValue(
                f"The generator knows {generator.config.vocab_size} words, the discriminator "
                f"{discriminator.config.vocab_size}.",
                "Make it with electra.new_generator(discriminator).",
            )
        self.discriminator, self.generator = discriminator, generator

    @property
    def config(self) -> Any:
        """That of the discriminator."""
        return self.discriminator.config

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.discriminator.device

    def set_attn_implementation(self, name: str) -> None:
        """Of both."""
        for model in (self.discriminator, self.generator):
            model.set_attn_implementation(name)


def loss_of(
    pair: Pair, batch: batches.Batch, separate: bool, weight: float = WEIGHT
) -> torch.Tensor:
    """The generator's cross-entropy at the gaps, plus ``weight`` times the discriminator's.

    No gradient passes from one to the other through the drawn words; they meet in what they share.
    The discriminator is asked about every position, and a drawn word that happens to be the
    original counts as original.

    Args:
        pair: the two models.
        batch: from ``Batches`` for "rtd": every chosen position shows the mask.
        separate: whether documents that share a block are hidden from each other.
        weight: of the discriminator's loss.

    Example:
        >>> loss_of(Pair(model, None), batch, separate=True).ndim  # doctest: +SKIP
        0
    """
    device = pair.device
    inputs = torch.from_numpy(batch.inputs).to(device)
    usable = batch.targets != -100
    picked = torch.from_numpy(batch.picked[usable]).to(device)
    truth = torch.from_numpy(batch.targets[usable]).to(device)
    mask = {}
    if separate:
        documents = torch.from_numpy(batch.documents).to(device)
        mask["attention_mask"] = batches.attention_mask(documents, False, pair.discriminator.dtype)
    head = batches.head_of(pair.generator)
    assert head is not None  # a Pair has looked
    hidden = pair.generator.base_model(inputs, **mask)[0].flatten(0, 1)
    logits = head(hidden.index_select(0, picked)).float()
    guesses = torch.multinomial(logits.detach().softmax(-1), 1)[:, 0]
    original = inputs.flatten().index_put((picked,), truth)
    shown = original.index_put((picked,), guesses)
    verdicts = pair.discriminator(shown.view_as(inputs), **mask).logits.flatten().float()
    return functional.cross_entropy(logits, truth) + weight * (
        functional.binary_cross_entropy_with_logits(verdicts, (shown != original).float())
    )
