"""From the forms in which packages carry weights to a folder that ``transformers`` can load.

Each function reads a file as data (nothing of its package is imported) and writes safetensors,
configuration and tokenizer. Weights that were quantised to 4 or 8 bits are written as the float32
numbers that they stand for: nothing is lost, and any layer can be trained.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import struct
import subprocess
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tl_helpers.core import files, packages
from tl_helpers.core.errors import BrokenFile, CourseError


class Tensor(NamedTuple):
    """A weight that is made when it is written, so that only one is in memory at a time."""

    name: str
    shape: tuple[int, ...]
    make: Callable[[], np.ndarray]


def write_safetensors(path: Path, tensors: Sequence[Tensor]) -> None:
    """Write float32 weights one after the other.

    The format is a header in JSON, with its length before it, and the bytes of the weights. The
    library's own writer wants all weights in memory at once, and copies them.

    Raises:
        BrokenFile: a weight has not got the shape that was announced.

    Example:
        >>> write_safetensors(Path("w"), [Tensor("w", (2, 2), lambda: np.eye(2))])  # doctest: +SKIP
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    end = 0
    for tensor in tensors:
        start, end = end, end + 4 * int(np.prod(tensor.shape))
        header[tensor.name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors:
            values = np.ascontiguousarray(tensor.make(), dtype="<f4")
            if values.shape != tensor.shape:
                raise BrokenFile(
                    f"The weight {tensor.name} is {values.shape}, and not {tensor.shape}.",
                    "Report it to the authors of the course.",
                )
            stream.write(values.data)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


@contextmanager
def _library(name: str, piece: str) -> Iterator[None]:
    """A library that reads what a piece is made of; where it is missing, borrowed from pip.

    Borrowed: installed into a folder of its own, behind all that is there (so that nothing else
    changes its version), and thrown away with the folder.

    Raises:
        CourseError: it is missing, and pip cannot get it.
    """
    if importlib.util.find_spec(name) is not None:
        yield
        return
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder:
        _install(name, piece, folder)
        before = set(sys.modules)
        sys.path.append(folder)
        importlib.invalidate_caches()
        try:
            yield
        finally:
            sys.path.remove(folder)
            for module in set(sys.modules) - before:
                where = getattr(sys.modules[module], "__file__", None) or ""
                if where.startswith(folder):  # its parts that are not loaded yet are gone
                    del sys.modules[module]


def _install(name: str, piece: str, folder: str) -> None:
    wanted = next(str(r) for r in packages.requirements("course") if r.name == name)
    wanted = wanted.partition(";")[0].strip()
    pip = [sys.executable, "-m", "pip", "install", "--target", folder, "--no-input", "--quiet"]
    tested = files.PACKAGE.parent / "constraints.txt"
    if tested.is_file():  # a checkout has the exact versions
        pip += ["--constraint", str(tested)]
    done = subprocess.run([*pip, wanted], capture_output=True, text=True)
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or ["nothing"])[-1].removeprefix("ERROR: ")[:200]
        raise CourseError(
            f"Bringing {piece!r} into the course's form needs the package {name}, and pip cannot "
            f"get it: {why!r}.",
            f"pip install {name}   (make course does it), then: tl shelf fetch {piece}",
        )


# ------------------------------------------------------------------------------------ SmolLM2

#: Names of weights in GGUF -> in transformers.
_LLAMA = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


@_library("gguf", "smollm2")
def smollm2(source: Path, target: Path) -> None:
    """A language model of the Llama kind from ``model.gguf``.

    Raises:
        CourseError: the package ``gguf`` is not here, and pip cannot get it.

    Example:
        >>> smollm2(Path("taken"), Path("made"))  # doctest: +SKIP
    """
    import gguf

    reader = gguf.GGUFReader(source / "model.gguf")

    def said(key: str) -> Any:
        return reader.fields[key].contents()

    heads, groups = said("llama.attention.head_count"), said("llama.attention.head_count_kv")

    def make(tensor: Any) -> Callable[[], np.ndarray]:
        def values() -> np.ndarray:
            rows = gguf.dequantize(tensor.data, tensor.tensor_type)
            if "attn_q." in tensor.name:
                return _halves_together(rows, heads)
            return _halves_together(rows, groups) if "attn_k." in tensor.name else rows

        return values

    tensors = [
        Tensor(_llama_name(t.name), tuple(int(n) for n in reversed(t.shape)), make(t))
        for t in reader.tensors
    ]
    write_safetensors(target / "model.safetensors", tensors)
    bos, eos = said("tokenizer.ggml.bos_token_id"), said("tokenizer.ggml.eos_token_id")
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_size": said("llama.embedding_length"),
        "intermediate_size": said("llama.feed_forward_length"),
        "num_hidden_layers": said("llama.block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": groups,
        "rms_norm_eps": float(np.float32(said("llama.attention.layer_norm_rms_epsilon"))),
        "rope_theta": float(said("llama.rope.freq_base")),
        "max_position_embeddings": said("llama.context_length"),
        "vocab_size": said("llama.vocab_size"),
        "hidden_act": "silu",
        "tie_word_embeddings": True,
        "bos_token_id": bos,
        "eos_token_id": eos,
        "pad_token_id": eos,
        "dtype": "float32",
    }
    _write_json(target / "config.json", config)
    words, kinds = said("tokenizer.ggml.tokens"), said("tokenizer.ggml.token_type")
    control = [word for word, kind in zip(words, kinds, strict=True) if kind == 3]
    _bytes_tokenizer(words, said("tokenizer.ggml.merges"), control).save(
        str(target / "tokenizer.json")
    )
    about = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": words[bos],
        "eos_token": words[eos],
        "pad_token": words[eos],
        "unk_token": words[said("tokenizer.ggml.unknown_token_id")],
        "chat_template": said("tokenizer.chat_template"),
        "model_max_length": config["max_position_embeddings"],
        "clean_up_tokenization_spaces": False,
    }
    _write_json(target / "tokenizer_config.json", about)


def _llama_name(name: str) -> str:
    parts = name.split(".")
    if parts[0] == "blk":
        return f"model.layers.{parts[1]}.{_LLAMA[parts[2]]}.{parts[3]}"
    return {
        "token_embd.weight": "model.embed_tokens.weight",
        "output_norm.weight": "model.norm.weight",
        "output.weight": "lm_head.weight",
    }[name]


def _halves_together(rows: np.ndarray, heads: int) -> np.ndarray:
    """Undo what llama.cpp does to the rows of queries and keys.

    It puts the two numbers that a rotation turns next to each other; transformers has the first of
    all pairs in one half of a head, and the second in the other.
    """
    size = rows.shape[0] // heads
    return rows.reshape(heads, size // 2, 2, -1).swapaxes(1, 2).reshape(rows.shape)


def _bytes_tokenizer(words: list[str], merges: list[str], control: list[str]) -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    pairs = [(left, right) for left, right in (merge.split(" ") for merge in merges)]
    tokenizer = Tokenizer(models.BPE({word: i for i, word in enumerate(words)}, pairs))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),  # "smollm" in GGUF: digits stay alone
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(word, special=True) for word in control])
    return tokenizer


# ------------------------------------------------------------------------- multilingual-e5-small

_E5 = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_E5_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_BLOCK = np.dtype([("scale", "<f2"), ("bits", "u1", 16)])  # 32 weights


class _Cursor:
    """Reads one value after the other."""

    def __init__(self, content: bytes) -> None:
        self.content, self.at = content, 0

    def take(self, form: str) -> tuple[Any, ...]:
        values = struct.unpack_from("<" + form, self.content, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, kind: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.content, kind, count, self.at)
        self.at += values.nbytes
        return values


def e5(source: Path, target: Path) -> None:
    """An encoder of the BERT kind from ``model.bin``: 4-bit blocks and a unigram vocabulary.

    Raises:
        BrokenFile: it is another kind of file.

    Example:
        >>> e5(Path("taken"), Path("made"))  # doctest: +SKIP
    """
    path = source / "model.bin"
    content = path.read_bytes()
    cursor = _Cursor(content)
    if cursor.take("4sI") != (b"E5S1", 1):
        raise BrokenFile(
            f"{path} is not in the form that is known here.",
            "Report it to the authors of the course.",
        )
    hidden, layers, heads, inner, words, places, types = cursor.take("7i")
    (epsilon, _) = cursor.take("fi")
    count, bos, eos, pad, unknown = cursor.take("5i")
    (size,) = cursor.take("Q")
    ends, scores = cursor.array("<u4", count + 1), cursor.array("<f4", count)
    blob = bytes(cursor.array("u1", size))
    pieces = [blob[a:b].decode() for a, b in zip(ends, ends[1:], strict=False)]
    replaced = dict(_replacements(cursor))
    shapes = {
        "emb.word": (words, hidden),
        "emb.pos": (places, hidden),
        "emb.type": (types, hidden),
        "fi.w": (inner, hidden),
        "fo.w": (hidden, inner),
        **{f"{part}.w": (hidden, hidden) for part in ("q", "k", "v", "ao")},
    }
    tensors = []
    for _ in range(cursor.take("i")[0]):
        (length,) = cursor.take("H")
        name = bytes(cursor.array("u1", length)).decode()
        packed, numbers, start, _ = cursor.take("BIQQ")
        shape = shapes.get(name) or shapes.get(name.partition(".")[2]) or (numbers,)
        read = _unpacked if packed else _plain
        make = _weight(read, content, start, shape)
        tensors.append(Tensor(_e5_name(name), shape, make))
    write_safetensors(target / "model.safetensors", tensors)
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "intermediate_size": inner,
        "vocab_size": words,
        "max_position_embeddings": places,
        "type_vocab_size": types,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "pad_token_id": pad,
        "dtype": "float32",
    }
    assert abs(epsilon - 1e-12) < 1e-17
    _write_json(target / "config.json", config)
    tokenizer = _unigram_tokenizer(pieces, scores.tolist(), unknown, replaced, (bos, eos))
    tokenizer.save(str(target / "tokenizer.json"))
    about = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": pieces[bos],
        "cls_token": pieces[bos],
        "eos_token": pieces[eos],
        "sep_token": pieces[eos],
        "unk_token": pieces[unknown],
        "pad_token": pieces[pad],
        "mask_token": pieces[-1],
        "model_max_length": places,
        "clean_up_tokenization_spaces": False,
    }
    _write_json(target / "tokenizer_config.json", about)


def _weight(
    read: Callable[[bytes, int, tuple[int, ...]], np.ndarray],
    content: bytes,
    start: int,
    shape: tuple[int, ...],
) -> Callable[[], np.ndarray]:
    return lambda: read(content, start, shape)


def _plain(content: bytes, start: int, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(content, "<f4", int(np.prod(shape)), start).reshape(shape)


def _unpacked(content: bytes, start: int, shape: tuple[int, ...]) -> np.ndarray:
    """Blocks of 32 weights: a scale, and sixteen bytes with a weight in each half.

    The low halves are the first sixteen weights; 8 stands for zero.
    """
    blocks = np.frombuffer(content, _BLOCK, int(np.prod(shape)) // 32, start)
    values = np.empty((len(blocks), 32), np.float32)
    values[:, :16] = blocks["bits"] & 15
    values[:, 16:] = blocks["bits"] >> 4
    values -= 8
    values *= blocks["scale"].astype(np.float32)[:, None]
    return values.reshape(shape)


def _e5_name(name: str) -> str:
    if name in _E5_EMBEDDINGS:
        return _E5_EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_E5[part]}.{'weight' if kind == 'w' else 'bias'}"


def _replacements(cursor: _Cursor) -> Iterator[tuple[str, str]]:
    """Characters that are replaced before a text is cut, and what by."""
    count, _ = cursor.take("iI")
    for _ in range(count):
        code, length = cursor.take("IB")
        yield chr(code), "".join(map(chr, cursor.take(f"{length}I")))


def _unigram_tokenizer(
    pieces: list[str],
    scores: list[float],
    unknown: int,
    replaced: dict[str, str],
    ends: tuple[int, int],
) -> Any:
    """The tokenizer of XLM-R: Unicode's compatibility form, then the likeliest pieces.

    The package lists single characters. Nearly all of them are what NFKC says; NFKC is used for
    those, because it also joins a letter and the accent after it, as the original tokenizer does.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unknown, False))
    others: dict[str, list[str]] = {}
    for character, becomes in replaced.items():
        if unicodedata.normalize("NFKC", character) != becomes:
            others.setdefault(becomes, []).append(character)
    tilde, aside = "\uff5e", "\ue000"  # a wide tilde is kept, though NFKC would replace it
    tokenizer.normalizer = normalizers.Sequence(
        [
            *(normalizers.Replace(Regex(_any_of(cs)), becomes) for becomes, cs in others.items()),
            normalizers.Replace(tilde, aside),
            normalizers.NFKC(),
            normalizers.Replace(aside, tilde),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    bos, eos = (pieces[i] for i in ends)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, ends[0]), (eos, ends[1])],
    )
    tokenizer.add_special_tokens([*pieces[:4], pieces[-1]])
    return tokenizer


def _any_of(characters: list[str]) -> str:
    return "[" + "".join(f"\\x{{{ord(c):x}}}" for c in characters) + "]"


# ----------------------------------------------------------------------------------- MiniLM-L3


@_library("onnx", "minilm-l3")
def minilm_l3(source: Path, target: Path) -> None:
    """An encoder of the BERT kind from ``model.onnx``; its tokenizer is that of ``minilm``.

    Raises:
        CourseError: the package ``onnx`` is not here, and pip cannot get it.

    Example:
        >>> minilm_l3(Path("taken"), Path("made"))  # doctest: +SKIP
    """
    import onnx
    from onnx.numpy_helper import to_array as read

    from tl_helpers import models

    graph = onnx.load(source / "model.onnx").graph
    stored = {tensor.name: tensor for tensor in graph.initializer}
    prefix = "model.0.auto_model."

    def make(tensor: Any, turned: bool) -> Callable[[], np.ndarray]:
        return lambda: read(tensor).T if turned else read(tensor)

    tensors = [
        Tensor(name.removeprefix(prefix), tuple(tensor.dims), make(tensor, False))
        for name, tensor in stored.items()
        if name.startswith(prefix)
    ]
    for node in graph.node:  # the matrices have lost their names: their nodes know them
        if node.op_type == "MatMul" and node.input[1] in stored:
            name = node.name.strip("/").removeprefix("model/").replace("/", ".")
            name = name.removeprefix(prefix).removesuffix("MatMul") + "weight"
            tensor = stored[node.input[1]]
            tensors.append(Tensor(name, tuple(reversed(tensor.dims)), make(tensor, True)))
    write_safetensors(target / "model.safetensors", tensors)
    known = models.folder("minilm", weights=False)
    config = json.loads((known / "config.json").read_text("utf-8"))
    layers = {int(t.name.split(".")[2]) for t in tensors if t.name.startswith("encoder.layer.")}
    config |= {"num_hidden_layers": len(layers), "_name_or_path": "minilm-l3"}
    _write_json(target / "config.json", config)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        if (known / name).exists():
            shutil.copyfile(known / name, target / name)


# --------------------------------------------------------------------------------------- GloVe


def glove(source: Path, target: Path) -> None:
    """Word vectors from ``vectors.npy`` and the list of words in ``words.parquet``.

    Raises:
        BrokenFile: there are not as many words as vectors.

    Example:
        >>> glove(Path("taken"), Path("made"))  # doctest: +SKIP
    """
    import pyarrow.parquet as parquet

    words = parquet.read_table(source / "words.parquet").column("index").to_pylist()
    vectors = np.load(source / "vectors.npy", mmap_mode="r", allow_pickle=False)
    if len(words) != len(vectors):
        raise BrokenFile(
            f"There are {len(words)} words for {len(vectors)} vectors.",
            "Report it to the authors of the course.",
        )
    shutil.copyfile(source / "vectors.npy", target / "vectors.npy")
    (target / "words.txt").write_text("\n".join(words) + "\n", "utf-8", newline="\n")
