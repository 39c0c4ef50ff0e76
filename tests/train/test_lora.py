"""LoRA through peft: what it computes, where it is stored, and what is refused by name."""

from __future__ import annotations

import json

import pytest
import torch

import tl_helpers as tl
from tl_helpers import models
from tl_helpers.core.errors import BadValue, BrokenFile, UnknownName
from tl_helpers.train import lora

ALL = ["query", "key", "value", "intermediate.dense", "output.dense"]


class Net(torch.nn.Module):
    """A body under a head, as notebooks write it."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        self.encoder = models.new("tiny", seed=seed, num_hidden_layers=2)[0].base_model
        torch.manual_seed(seed)
        self.head = torch.nn.Linear(32, 2)

    def forward(self, ids):
        return self.head(self.encoder(input_ids=ids).last_hidden_state.mean(dim=1))


IDS = torch.tensor([[2, 787, 7, 3], [2, 9, 8, 3]])


def trained(net, answer: int, **how) -> torch.nn.Module:
    """A network with an adapter that says class ``answer``."""
    adapted = lora.add(net, ALL, rank=2, whole=["head"], **how)
    free = [p for p in adapted.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(free, lr=0.05)
    for _ in range(15):
        loss = torch.nn.functional.cross_entropy(adapted(IDS), torch.tensor([answer] * 2))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return adapted.eval()


def says(net) -> torch.Tensor:
    with torch.no_grad():
        return net.eval()(IDS)


def test_at_first_nothing_changes_and_only_the_product_and_the_head_are_free():
    before = says(Net())
    adapted = lora.add(Net(), ["query"], rank=2, whole=["head"], seed=3)
    assert torch.equal(says(adapted), before)
    free = {name for name, p in adapted.named_parameters() if p.requires_grad}
    assert all("lora_" in name or "head" in name for name in free)
    assert sum(p.numel() for p in adapted.parameters() if p.requires_grad) == 2 * 2 * 64 + 66


def test_the_same_seed_gives_the_same_start_and_leaves_the_random_numbers_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    starts = [lora.add(Net_of(), ["query"], rank=2, seed=s).state_dict() for s in (1, 1, 2)]
    torch.manual_seed(5)
    lora.add(Net_of(), ["query"], rank=2)
    assert torch.equal(torch.rand(1), expected)
    key = next(k for k in starts[0] if "lora_A" in k)
    assert torch.equal(starts[0][key], starts[1][key])
    assert not torch.equal(starts[0][key], starts[2][key])


def Net_of():
    state = torch.get_rng_state()
    net = Net()
    torch.set_rng_state(state)
    return net


def test_a_layer_gives_what_the_formula_says():
    adapted = lora.add(Net(), ["encoder.encoder.layer.1.attention.self.query"], rank=2, alpha=6)
    layer = adapted.get_base_model().encoder.encoder.layer[1].attention.self.query
    with torch.no_grad():
        layer.lora_B["default"].weight.normal_()
        x = torch.randn(3, 32)
        A, B = layer.lora_A["default"].weight, layer.lora_B["default"].weight
        by_hand = x @ (layer.base_layer.weight + 6 / 2 * B @ A).T + layer.base_layer.bias
        assert torch.allclose(layer(x), by_hand, atol=1e-5)
    others = [n for n, _ in adapted.named_parameters() if "lora_" in n]
    assert len(others) == 2, "a full name means one layer"


def test_merged_it_answers_the_same_without_an_adapter():
    adapted = trained(Net(), 1)
    expected = says(adapted)
    merged = lora.merge(adapted)
    assert type(merged) is Net
    assert {n for n, _ in merged.named_parameters()} == {n for n, _ in Net().named_parameters()}
    assert torch.allclose(says(merged), expected, atol=1e-4)
    assert says(merged).argmax(1).tolist() == [1, 1]


def test_stored_loaded_and_switched_on_one_body(tmp_path):
    answers = {}
    for answer, name in enumerate(["no", "yes"]):
        adapted = trained(Net(), answer)
        answers[name] = says(adapted)
        lora.save(adapted, tmp_path / name)
    small = (tmp_path / "no" / "adapter_model.safetensors").stat().st_size
    assert small < 40_000
    body = Net()
    before = {k: v.clone() for k, v in body.state_dict().items()}
    both = lora.load(lora.load(body, tmp_path / "no", name="no"), tmp_path / "yes", name="yes")
    for name in ("yes", "no", "yes"):
        both.set_adapter(name)
        assert torch.allclose(says(both), answers[name], atol=1e-6), name
    lora.save(both, tmp_path / "again")  # the active one, under a name of its own
    again = lora.load(Net(), tmp_path / "again")
    assert torch.allclose(says(again), answers["yes"], atol=1e-6)
    unchanged = Net().state_dict()
    assert all(torch.equal(before[k], unchanged[k]) for k in before)
    with pytest.raises(BadValue, match="an adapter 'no' already"):
        lora.load(both, tmp_path / "no", name="no")


def test_peft_alone_reads_what_is_stored(tmp_path):
    import peft

    adapted = trained(Net(), 1)
    lora.save(adapted, tmp_path / "mine")
    theirs = peft.PeftModel.from_pretrained(Net(), str(tmp_path / "mine"))
    assert torch.allclose(says(theirs), says(adapted), atol=1e-6)


def test_names_that_do_not_exist_are_told_from_those_that_do():
    with pytest.raises(UnknownName, match=r"linear layer 'querry'(.|\n)*Did you mean 'query'"):
        lora.add(Net(), ["query", "querry"])  # peft takes the one and says nothing of the other
    with pytest.raises(UnknownName, match=r"'q_proj'(.|\n)*dense, head, key, query, value"):
        lora.add(Net(), ["q_proj"])
    with pytest.raises(BadValue, match=r"'LayerNorm' is no linear layer(.|\n)*There are: dense"):
        lora.add(Net(), ["LayerNorm"])
    with pytest.raises(UnknownName, match=r"module 'classifier'(.|\n)*head"):
        lora.add(Net(), ["query"], whole=["classifier"])
    with pytest.raises(UnknownName, match="layer.9.attention"):
        lora.add(Net(), ["layer.9.attention.self.query"])
    with pytest.raises(BadValue, match="one string"):
        lora.add(Net(), "query")


def test_a_rank_larger_than_the_matrix():
    with pytest.raises(BadValue, match=r"rank=33 is larger(.|\n)*32 x 32(.|\n)*at most 32"):
        lora.add(Net(), ["query"], rank=33)
    assert lora.add(Net(), ["query"], rank=32)


def test_an_adapter_of_another_model(tmp_path):
    lora.save(trained(Net(), 1), tmp_path / "mine")
    with pytest.raises(BadValue, match="same architecture with other weights"):
        lora.load(Net(seed=1), tmp_path / "mine")
    with pytest.raises(BadValue, match=r"to a Net of [\d,]+ parameters, not to this Other of"):
        lora.load(Other(), tmp_path / "mine")


def test_a_body_that_differs_in_a_few_rows_of_one_table_is_another_body(tmp_path):
    lora.save(trained(Net(), 1), tmp_path / "mine")
    other = Net()
    table = other.encoder.get_input_embeddings().weight
    with torch.no_grad():
        table[len(table) // 2 :] += 5
    with pytest.raises(BadValue, match="same architecture with other weights"):
        lora.load(other, tmp_path / "mine")


class Other(Net):
    def __init__(self) -> None:
        super().__init__()
        self.encoder = models.new("tiny", num_hidden_layers=1)[0].base_model


def test_a_body_in_16_bits_is_the_same_body(tmp_path):
    lora.save(trained(Net(), 1), tmp_path / "mine")
    assert lora.load(Net().to(torch.bfloat16), tmp_path / "mine")


def test_what_is_no_adapter(tmp_path):
    adapted = trained(Net(), 0)
    with pytest.raises(BadValue, match="adapter already"):
        lora.add(adapted, ["query"])
    for call in (lora.merge, lambda net: lora.save(net, tmp_path / "x")):
        with pytest.raises(BadValue, match=r"A Net has no adapter(.|\n)*lora.add"):
            call(Net())
    with pytest.raises(BadValue, match="no network"):
        lora.add("town-mlm", ["query"])
    with pytest.raises(BrokenFile, match="holds no adapter"):
        lora.load(Net(), tmp_path / "nothing")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("precious")
    with pytest.raises(BadValue, match="holds no adapter"):
        lora.save(adapted, tmp_path / "full")
    lora.save(adapted, tmp_path / "mine")
    (tmp_path / "mine" / "adapter_model.safetensors").write_bytes(b"half of it")
    with pytest.raises(BrokenFile, match="cannot be read"):
        lora.load(Net(), tmp_path / "mine")
    (tmp_path / "mine" / lora.BODY).write_text("{")
    with pytest.raises(BrokenFile, match=r"body.json is damaged"):
        lora.load(Net(), tmp_path / "mine")


def test_gpt_2s_matrices_stand_the_other_way_round():
    model, _ = models.new("tiny", "clm")
    before = model(input_ids=IDS).logits
    adapted = lora.add(model, ["c_attn"], rank=2)
    assert torch.equal(adapted(input_ids=IDS).logits, before)
    layer = next(m for n, m in adapted.named_modules() if n.endswith("c_attn"))
    assert layer.lora_A["default"].weight.shape == (2, 32)


def test_what_is_written_beside_it_is_plain_json(tmp_path):
    lora.save(trained(Net(), 1), tmp_path / "mine")
    said = json.loads((tmp_path / "mine" / lora.BODY).read_text())
    assert said["kind"] == "Net" and said["whole"] == ["head"]


def test_the_room_is_open():
    assert tl.lora is lora
