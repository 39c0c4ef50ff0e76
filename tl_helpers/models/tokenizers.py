"""Tokenizers learned from text: WordPiece or byte-pair encoding, in a second or two."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from tl_helpers.core import checks
from tl_helpers.core.errors import BadValue
from tl_helpers.models.small import OBJECTIVES, SPECIAL_TOKENS, finished

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

KINDS = ("wordpiece", "bpe")
#: Letters of an alphabet, unless the texts need more.
MOST_LETTERS = 120
_RARE = 1e-3  # share of the letters of a text that may be unknown without more being said
LONGEST = 1000  # letters of a word; scripts without blanks have whole sentences for words


def train_tokenizer(
    texts: Iterable[str],
    vocab_size: int = 6000,
    *,
    kind: str = "wordpiece",
    objective: str = "mlm",
    lowercase: bool = True,
) -> PreTrainedTokenizerFast:
    """Learn a vocabulary of frequent pieces of words, so that no word is unknown.

    The same texts give the same vocabulary. Marks around a text are those of
    :func:`tl_helpers.models.town_tokenizer`, so the tokenizer fits ``models.new(tokenizer=...)``.

    Args:
        texts: what to learn from.
        vocab_size: number of pieces at most, special tokens included.
        kind: ``"wordpiece"`` (as BERT: pieces inside a word begin with ``##``) or ``"bpe"`` (as
            GPT-2, on bytes: every text can be written, blanks belong to the word that follows).
        objective: ``"mlm"``, ``"rtd"`` or ``"clm"``, which decides the marks around a text.
        lowercase: fold capitals first.

    Raises:
        UnknownName: no such kind or objective.
        BadValue: no text, or a vocabulary smaller than 300.

    Example:
        >>> train_tokenizer(texts, 4096).tokenize("unhelpfully")  # doctest: +SKIP
        ['un', '##help', '##fully']
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    checks.known("kind of tokenizer", kind, KINDS)
    checks.known("objective", objective, OBJECTIVES)
    vocab_size = checks.whole(vocab_size, "vocab_size", 300)
    lowercase = checks.flag(lowercase, "lowercase")
    lines = checks.texts([texts] if isinstance(texts, str) else texts, empty=True)
    if not any(line.strip() for line in lines):
        raise BadValue("There is no text to learn from.", "Pass some documents.")

    folded = [normalizers.NFC(), *([normalizers.Lowercase()] if lowercase else [])]
    if kind == "wordpiece":  # Chinese characters are words of their own, as in BERT
        folded.append(
            normalizers.BertNormalizer(
                clean_text=False, handle_chinese_chars=True, strip_accents=False, lowercase=False
            )
        )
    common = {"vocab_size": vocab_size, "show_progress": False, "min_frequency": 2}
    if kind == "wordpiece":
        core = Tokenizer(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=LONGEST))
        core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        core.decoder = decoders.WordPiece(cleanup=True)
        letters = _letters(lines, lowercase, vocab_size)
        trainer = trainers.WordPieceTrainer(
            limit_alphabet=len(letters),
            initial_alphabet=letters,
            **common,
            # Named in order, or the trainer numbers them by chance, and ties of pairs follow it.
            special_tokens=[*SPECIAL_TOKENS, *letters, *(f"##{c}" for c in letters if _inside(c))],
        )
    else:
        core = Tokenizer(models.BPE())
        core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
        core.decoder = decoders.ByteLevel()
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        trainer = trainers.BpeTrainer(
            initial_alphabet=alphabet, special_tokens=list(SPECIAL_TOKENS), **common
        )
    core.normalizer = normalizers.Sequence(folded)
    core.train_from_iterator(lines, trainer, length=len(lines))
    if kind == "wordpiece":  # letters are ordinary pieces, not to be cut out of the text
        learned = Tokenizer(
            models.WordPiece(core.get_vocab(), unk_token="[UNK]", max_input_chars_per_word=LONGEST)
        )
        learned.normalizer, learned.pre_tokenizer = core.normalizer, core.pre_tokenizer
        learned.decoder = core.decoder
        core = learned
    return finished(core, objective)


def _letters(lines: list[str], lowercase: bool, vocab_size: int) -> list[str]:
    """The characters that become pieces, in a fixed order.

    The commonest hundred or so. Where these leave out more than a thousandth of the text, as in
    Chinese, all that occur twice, as far as the vocabulary has room; a note says what is left.
    """
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(unicodedata.normalize("NFC", line.lower() if lowercase else line))
    common = sorted((c for c in counts if not c.isspace()), key=lambda c: (-counts[c], c))
    whole = sum(counts[c] for c in common)
    kept = common[:MOST_LETTERS]
    if sum(counts[c] for c in common[MOST_LETTERS:]) > _RARE * whole:
        room = vocab_size - len(SPECIAL_TOKENS)
        kept = []
        for character in common:
            # Inside a word a letter has a piece of its own, but for those that are words.
            room -= 2 if _inside(character) else 1
            if room < 0 or (counts[character] < 2 and len(kept) >= MOST_LETTERS):
                break
            kept.append(character)
        lost = sum(counts[c] for c in common[len(kept) :])
        if lost > _RARE * whole:
            print(
                f"Note: {lost / whole:.1%} of the letters of these texts are too rare for a "
                f"vocabulary of {vocab_size:,}, or occur once; they become [UNK]. A larger "
                'vocab_size, more texts, or kind="bpe" help.'
            )
    return sorted(kept)


def _inside(character: str) -> bool:
    """Whether a character can stand inside a word; in BERT, Chinese ones are words of their own."""
    chinese = unicodedata.name(character, "").startswith("CJK ")
    return not chinese and unicodedata.category(character)[0] in "LMN"
