"""The profile ``hub`` as a learner meets it: the first line, whole notebooks, and the doctor."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from hub_server import Fault, Hub, ask
from notebook_factory import code, outputs, write

import tl_helpers as tl
from tl_helpers import models
from tl_helpers.core import files, lessons
from tl_helpers.core.errors import NoNetwork, UnknownName
from tl_helpers.data import hub_plan, registry
from tl_helpers.models.tokenizers import train_tokenizer
from tl_helpers.press import doctor, notebooks, run

NOTEBOOKS = sorted((files.PACKAGE.parent / "notebooks").glob("*.ipynb"))
DATA = {"data/train-00000-of-00001.parquet": 3000, "data/validation-00000-of-00001.parquet": 60}


@pytest.fixture(scope="session")
def contents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, bytes]]:
    """Film reviews of a kind, and a DistilBERT that is real but for its size."""
    from datasets import Dataset
    from transformers import DistilBertConfig, DistilBertForMaskedLM

    folder = tmp_path_factory.mktemp("contents")
    films, praise, blame = "film plot cast story", "wonderful warm funny", "awful cold dull"
    words = f"the a was and very . {films} {praise} {blame}".split()
    sst2 = {}
    for path, n in DATA.items():
        kinds = [
            (films.split()[i % 4], i % 2, (blame, praise)[i % 2].split()[i % 3]) for i in range(n)
        ]
        sentences = [f"the {film} was {word} ." for film, _, word in kinds]
        rows = {
            "idx": list(range(n)),
            "sentence": sentences,
            "label": [label for _, label, _ in kinds],
        }
        Dataset.from_dict(rows).to_parquet(folder / "x.parquet")
        sst2[path] = (folder / "x.parquet").read_bytes()
    tokenizer = models.town_tokenizer(words)
    config = DistilBertConfig(
        vocab_size=len(tokenizer),
        dim=32,
        hidden_dim=64,
        n_layers=1,
        n_heads=2,
        max_position_embeddings=64,
    )
    saved = models.save(DistilBertForMaskedLM(config), tokenizer, folder / "model")
    return {
        "sst2": sst2,
        "distilbert-base-uncased": _files(saved),
        "wikitext": _wikitext(sentences, folder),
        "gpt2": _gpt2(sentences, folder),
        "conll2003": _conll(folder),
        "bert-base-uncased": _bert(folder),
        "roberta-base": _roberta(words, folder),
    }


def _files(saved: Path) -> dict[str, bytes]:
    """What a saved model consists of, as the hub has it."""
    return {path.name: path.read_bytes() for path in saved.iterdir()}


def _wikitext(sentences: list[str], folder: Path) -> dict[str, bytes]:
    """Lines as in WikiText: headings, empty ones, and sentences."""
    from datasets import Dataset

    lines = ["", " = Film = \n", *(f" {text} {text} \n" for text in sentences * 4)]
    Dataset.from_dict({"text": lines}).to_parquet(folder / "wiki.parquet")
    content = (folder / "wiki.parquet").read_bytes()
    where = "wikitext-2-raw-v1/{}-00000-of-00001.parquet"
    return {where.format(part): content for part in ("train", "validation", "test")}


def _conll(folder: Path) -> dict[str, bytes]:
    """News as in CoNLL 2003: words, and the numbers of their tags."""
    from datasets import Dataset

    people = "Anna Ben Carl Dora".split()
    rows = {
        "tokens": [[people[i % 4], "saw", people[i % 3], "."] for i in range(60)],
        "ner_tags": [[1, 0, 1, 0] for _ in range(60)],
    }
    Dataset.from_dict(rows).to_parquet(folder / "conll.parquet")
    content = (folder / "conll.parquet").read_bytes()
    parts = ("train", "validation", "test")
    return {f"data/{part}-00000-of-00001.parquet": content for part in parts}


def _bert(folder: Path) -> dict[str, bytes]:
    """A BERT that is real but for its size."""
    tokenizer = models.town_tokenizer("Anna Ben Carl Dora saw .".split())
    model, _ = models.new("tiny", tokenizer=tokenizer)
    return _files(models.save(model, tokenizer, folder / "bert"))


def _roberta(words: list[str], folder: Path) -> dict[str, bytes]:
    """A RoBERTa that is real but for its size: its positions begin behind its padding."""
    from transformers import RobertaConfig, RobertaForMaskedLM

    tokenizer = models.town_tokenizer(words)
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=66,
        pad_token_id=tokenizer.pad_token_id,
    )
    return _files(models.save(RobertaForMaskedLM(config), tokenizer, folder / "roberta"))


def _gpt2(sentences: list[str], folder: Path) -> dict[str, bytes]:
    """A GPT-2 that is real but for its size: byte pairs, one mark, no padding."""
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    core = train_tokenizer(sentences, 400, kind="bpe", objective="clm").backend_tokenizer
    core.add_special_tokens(["<|endoftext|>"])
    mark = "<|endoftext|>"
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, bos_token=mark, eos_token=mark, unk_token=mark
    )
    config = GPT2Config(vocab_size=len(tokenizer), n_positions=256, n_embd=32, n_layer=1, n_head=2)
    return _files(models.save(GPT2LMHeadModel(config), tokenizer, folder / "gpt2"))


@pytest.fixture
def server(
    contents: dict[str, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hub]:
    """A Hub that this process, and every kernel and program that it starts, takes for the Hub."""

    for name in ("HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "notebooks").mkdir()
    with Hub() as server:
        server.add(registry.find("dataset", "sst2"), contents["sst2"], "dataset")
        name = "distilbert-base-uncased"
        server.add(registry.find("model", name), contents[name])
        server.add(registry.find("dataset", "wikitext"), contents["wikitext"], "dataset")
        for name in ("gpt2", "distilgpt2"):
            server.add(registry.find("model", name), contents["gpt2"])
        server.add(registry.find("dataset", "conll2003"), contents["conll2003"], "dataset")
        for name in ("bert-base-uncased", "roberta-base"):
            server.add(registry.find("model", name), contents[name])
        for name, value in {
            "TL_ROOT": str(tmp_path),
            "TL_DATA": str(files.PACKAGE.parent / "data"),
            "TL_CACHE": str(tmp_path / "cache"),
            "TL_HUB_PATIENCE": "20",
            "HF_ENDPOINT": server.url,
            "HF_HOME": str(tmp_path / "hf"),
            "HF_HUB_CACHE": str(tmp_path / "hub"),
        }.items():
            monkeypatch.setenv(name, value)
        ask(server, monkeypatch, tmp_path / "hub")
        yield server


def fetch_everything() -> None:
    tl.data.load("sst2")
    models.load("distilbert-base-uncased")


# ----------------------------------------------------------------------------- the first line


def test_start_says_what_will_be_downloaded_then_what_is_here(
    server: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    session = tl.start("00_start_here", "hub")
    assert session.profile == "hub"
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 2 and "profile hub" in said[0]
    assert said[1] == (
        "hub: will download 271 MB, once: sst2 (3.2 MB), distilbert-base-uncased (268 MB), "
        f"to {tmp_path}/hub"
    )
    assert server.asked == []  # said, and not yet done
    tl.data.load("sst2")
    capsys.readouterr()
    tl.start("00_start_here", "hub")
    said = capsys.readouterr().out.splitlines()
    assert said[1].startswith("hub: will download 268 MB") and said[1].endswith("already: sst2")
    models.load("distilbert-base-uncased")
    server.stop()
    capsys.readouterr()
    tl.start("00_start_here", "hub")  # all of it is here: no network is needed
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "hub: nothing to download; here already: sst2, distilbert-base-uncased"


def test_start_without_a_network_says_what_is_not_here(server: Hub) -> None:
    tl.data.load("sst2")
    server.stop()
    with pytest.raises(NoNetwork, match=r"Not here yet: distilbert-base-uncased \(268 MB\)"):
        tl.start("00_start_here", "hub")
    with pytest.raises(NoNetwork, match=r"does not answer\.\n"):
        tl.start("a notebook that nobody knows", "hub")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_lesson_needs_what_its_notebook_uses(path: Path) -> None:
    assert lessons.of(path.stem).hub == hub_plan.names(notebooks.read(path))


def test_a_lesson_that_needs_what_nobody_has_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    facts = lessons.of("00_start_here").model_copy(update={"hub": ["sst3"]})
    monkeypatch.setattr(lessons, "every", lambda: {facts.notebook: facts})
    with pytest.raises(UnknownName, match=r"start_here/lesson.toml: 'sst3'(.|\n)*'sst2'"):
        hub_plan.needs("00_start_here")


def test_names_are_found_in_code_wherever_they_stand() -> None:
    cells = [
        code('"""imdb"""\nMODEL = "gpt2"  # not "t5-small"'),
        code("%pip install 'mnli'\ntl.data.load(\n    'sst2', split='train')"),
        code("this is 'no' Python: 'wikitext'"),
        nbformat.v4.new_markdown_cell('"conll2003"'),
    ]
    assert hub_plan.names(nbformat.v4.new_notebook(cells=cells)) == ["imdb", "gpt2", "sst2"]


def test_the_encoder_counts_where_no_package_carries_it(
    server: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "minilm" not in hub_plan.say(hub_plan.needs("00_start_here"))
    monkeypatch.setattr(hub_plan, "wheel_folder", lambda _: None)
    assert "minilm (91 MB)" in hub_plan.say(hub_plan.needs("00_start_here"))


# ----------------------------------------------------------------------------- whole notebooks


def start_notebook(folder: Path) -> Path:
    """The start notebook, cut down to its imports and the cells that the profile ``hub`` adds.

    Fewer label counts and steps: what is tested is the way to the Hub.
    """
    notebook = notebooks.read(NOTEBOOKS[0])
    lines = "\n".join(c.source for c in notebook.cells if c.cell_type == "code").splitlines()
    imports = code("\n".join(line for line in lines if re.match(r"(from|import) ", line)))
    tagged = {
        tag: [c for c in notebook.cells if tag in c.metadata.get("tags", [])]
        for tag in ("parameters", "bootstrap", "start", "hub-only")
    }
    assert all(tagged.values())
    first, find, start, added = tagged.values()
    for cell in added:
        cell.source = re.sub(r"steps=\d+", "steps=8", cell.source)
        cell.source = cell.source.replace("[16, 64, 256, 1024]", "[16, 64]")
    notebook.cells = [*first, *find, imports, *start, *added]
    path = folder / "notebooks" / NOTEBOOKS[0].name
    notebooks.write(notebook, path)
    return path


@pytest.mark.slow
def test_the_start_notebook_at_the_profile_hub(
    server: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own cells, in a real kernel: with the server, and a second time without it."""
    assert NOTEBOOKS[0].stem == "00_start_here"
    start_notebook(tmp_path)
    report = run.run(["00_start_here"], profile="hub", seeds="0:2")
    assert not report.failed, report.jobs[0].error
    assert "hub: will download 271 MB" in capsys.readouterr().out  # in the terminal
    said = outputs(report.copy_of(report.jobs[0]))
    assert "hub: will download 271 MB" in said and "DistilBERT" in said
    assert re.search(r"Downloading 'sst2' from the Hub, once: stanfordnlp/sst2 at commit", said)
    assert "Downloading 'distilbert-base-uncased' from the Hub" in said
    assert not server.paths("/main")
    server.stop()
    report = run.run(["00_start_here"], profile="hub", seeds="0:2")
    assert not report.failed, report.jobs[0].error
    said = outputs(report.copy_of(report.jobs[0]))
    assert "hub: nothing to download" in said and "Downloading" not in said


#: Notebook -> the values that its hub cells need besides functions, small ones for the rest, and
#: what they say.
ADDED = {
    "10_distributional_hypothesis": (
        ("TOKEN", "label_counts"),
        "",
        ["wikitext", "sst2"],
        r"SST-2, vectors: 8 labels [01]\.\d\d, .*256 labels [01]\.\d\d\n"
        r"SST-2, random vectors: .*\nSST-2, word counts: .*256 labels 1\.00",
    ),
    "11_language_models": (
        (),
        'documentation = {"test": {"text": ["the film was warm .", "a plot", ""]}}\n'
        'measured = {"bits per character": {"4,000 subwords": [3.0], "a compressor": [2.5]}}',
        ["distilgpt2", "gpt2"],
        r"distilgpt2: \d+\.\d\d bits per character; trigrams of subwords 3\.00, .* 2\.50(?s:.*)"
        r"\ngpt2: \d+\.\d\d bits per character; trigrams of subwords 3\.00, .* 2\.50",
    ),
    "12_contextual_representations": (
        (),
        "",
        ["conll2003", "bert-base-uncased"],
        r"layer 0: 1\.000, control task [01]\.\d\d\d, selectivity \+0\.\d\d\d",
    ),
    "16_supervised_pretraining": (
        (),
        "",
        ["sst2", "roberta-base"],
        r"minilm: [01]\.\d{3} on SST-2, frozen, 256 labels(?s:.*)"
        r"\nroberta-base: [01]\.\d{3} on SST-2",
    ),
    "23_structured_prediction": (
        ("METHODS",),
        "",
        ["conll2003"],
        r"softmax: 100\.0(?s:.*)CRF: 100\.0",
    ),
    "40_bias": (
        (),
        "",
        ["bert-base-uncased"],
        r"gender: [01]\.\d\d of 96(?s:.*)age: [01]\.\d\d of 48(?s:.*)nationality: [01]\.\d\d of 48",
    ),
}


def hub_cells(folder: Path, name: str, values: tuple[str, ...], given: str) -> None:
    """A notebook cut down to its functions, a few values, and what the profile ``hub`` adds."""
    notebook = notebooks.read(files.PACKAGE.parent / "notebooks" / f"{name}.ipynb")
    parts = ("parameters", "bootstrap", "start", "hub-only")
    tagged: dict[str, list[object]] = {tag: [] for tag in parts}
    kept = []
    for cell in notebook.cells:
        tags = [tag for tag in cell.metadata.get("tags", []) if tag in tagged]
        for tag in tags:
            tagged[tag].append(cell)
        for part in ast.parse(cell.source).body if cell.cell_type == "code" and not tags else ():
            names = [t.id for t in getattr(part, "targets", ()) if isinstance(t, ast.Name)]
            if isinstance(part, (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)) or any(
                n in values for n in names
            ):
                kept.append(ast.unparse(part))
    assert all(tagged.values())
    first, find, start, added = tagged.values()
    notebook.cells = [*first, *find, *start, code("\n\n".join([*kept, given])), *added]
    notebooks.write(notebook, folder / "notebooks" / f"{name}.ipynb")


@pytest.mark.slow
@pytest.mark.parametrize("name", ADDED)
def test_what_a_notebook_adds_at_the_profile_hub(
    server: Hub, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its own cells, in a real kernel: with the server, and a second time without it."""
    values, given, needed, expected = ADDED[name]
    hub_cells(tmp_path, name, values, given)
    report = run.run([name], profile="hub")
    assert not report.failed, report.jobs[0].error
    announced = capsys.readouterr().out  # in the terminal, before anything is fetched
    assert all(f"{entry} (" in announced for entry in needed)
    said = outputs(report.copy_of(report.jobs[0]))
    assert re.search(expected, said), said
    assert all(f"Downloading {entry!r} from the Hub" in said for entry in needed)
    assert not server.paths("/main")
    server.stop()
    report = run.run([name], profile="hub")
    assert not report.failed, report.jobs[0].error
    said = outputs(report.copy_of(report.jobs[0]))
    assert "hub: nothing to download" in said and "Downloading" not in said
    assert re.search(expected, said), said


def test_a_notebook_that_fails_at_the_hub_says_why(server: Hub, tmp_path: Path) -> None:
    cell = 'import tl_helpers as tl\ntl.start("one", PROFILE, SEED)\ntl.data.load("sst2")'
    write(tmp_path / "notebooks", "one", code(cell, "hub-only"))
    server.faults = [Fault("status", "cdn", status=404)]
    (job,) = run.run(["one"], profile="hub").failed
    assert "The Hub no longer gives out stanfordnlp/sst2 at commit 8d51e7e4" in job.error
    assert "tl.data.load('reviews') works without a network" in job.error
    assert "Traceback" not in job.error


def test_the_command_without_a_network(server: Hub, tmp_path: Path) -> None:
    start_notebook(tmp_path)
    server.stop()
    command = [sys.executable, "-m", "tl_helpers", "run", "00_start_here", "--profile", "hub"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "Not here yet: sst2, distilbert-base-uncased (271 MB)" in done.stderr
    assert "work offline with the profile 'course'" in done.stderr


# ----------------------------------------------------------------------------- the doctor


def test_the_doctor_knows_the_hub(
    server: Hub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert doctor._network().detail.startswith("the Hub answers")
    line = doctor._hub()
    assert line.status == "ok" and "nothing yet (0 of" in line.detail
    assert "would be 4.4 GB" in line.detail and f"{tmp_path}/hub" in line.detail
    fetch_everything()
    assert "downloaded: sst2, distilbert-base-uncased (2 of" in doctor._hub().detail
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Full())
    assert doctor._hub().status == "note" and "HF_HOME" in doctor._hub().do
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "uses its cache" in doctor._network().detail


class _Full:
    free = 1_000_000
