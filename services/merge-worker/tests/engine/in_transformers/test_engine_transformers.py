"""A merge writes a model that transformers loads and runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file
from when_used import when_used

pytestmark = pytest.mark.slow

torch = when_used("torch")
transformers = when_used("transformers")

TOKENS = [[1, 5, 9, 2]]


def save(folder: Path, seed: int, *, layers: int = 3, tied: bool = False) -> Any:
    """Save a small Llama with random weights, with transformers."""
    torch.manual_seed(seed)
    config = transformers.LlamaConfig(
        vocab_size=32,
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=layers,
        num_attention_heads=2,
        tie_word_embeddings=tied,
    )
    model = transformers.LlamaForCausalLM(config).eval()
    model.save_pretrained(folder)
    return model


def load(folder: Path) -> Any:
    """Load the model in a folder, which must have exactly its architecture's weights."""
    model, report = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype="auto", output_loading_info=True
    )
    wrong = ("missing_keys", "unexpected_keys", "mismatched_keys")
    assert not any(report[key] for key in wrong)
    return model.eval()


def logits(model: Any) -> Any:
    with torch.no_grad():
        return model(torch.tensor(TOKENS)).logits


@pytest.mark.parametrize("tied", [False, True])
def test_an_average_runs_as_the_average_of_the_weights(workshop: Any, tied: bool) -> None:
    first, second = (save(workshop.folder / n, i, tied=tied) for i, n in enumerate("ab"))
    workshop.merge({"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]})
    merged = load(workshop.folder / "out")
    with torch.no_grad():
        for mine, other in zip(first.parameters(), second.parameters(), strict=True):
            mine.copy_((mine + other) / 2)
    torch.testing.assert_close(logits(merged), logits(first))
    embedding, head = merged.get_input_embeddings(), merged.get_output_embeddings()
    assert (embedding.weight is head.weight) is tied


def test_a_stack_of_slices_runs_its_layers_in_order(workshop: Any) -> None:
    first, second = (save(workshop.folder / name, i) for i, name in enumerate("ab"))
    slices = [("a", 0, 2), ("b", 1, 3), ("a", 2, 3)]
    listed = [
        {"sources": [{"model": f"./{name}", "layer_range": [start, stop]}]}
        for name, start, stop in slices
    ]
    workshop.merge({"merge_method": "passthrough", "slices": listed})
    merged = load(workshop.folder / "out")
    assert merged.config.num_hidden_layers == 5
    models = {"a": first, "b": second}
    layers = [models[n].model.layers[i] for n, start, stop in slices for i in range(start, stop)]
    for i, layer in enumerate(layers):
        layer.self_attn.layer_idx = i
    expected = save(workshop.folder / "expected", 9, layers=5)
    expected.model.layers = torch.nn.ModuleList(layers)
    expected.model.embed_tokens = first.model.embed_tokens
    expected.model.norm, expected.lm_head = first.model.norm, first.lm_head
    torch.testing.assert_close(logits(merged), logits(expected))


def test_task_vectors_of_a_tied_base_run(workshop: Any) -> None:
    base = save(workshop.folder / "base", 0, tied=True)
    tuned = save(workshop.folder / "tuned", 1, tied=True)
    entry = {"model": "./tuned", "parameters": {"weight": 1}}
    workshop.merge({"merge_method": "ties", "base_model": "./base", "models": [entry]})
    merged = load(workshop.folder / "out")
    torch.testing.assert_close(logits(merged), logits(tuned), rtol=1e-4, atol=1e-5)
    assert not torch.allclose(logits(merged), logits(base))


@pytest.mark.parametrize("beside", ["shards", "consolidated.safetensors"])
def test_of_two_sets_of_weights_those_that_transformers_reads_are_merged(
    workshop: Any, beside: str
) -> None:
    config = transformers.LlamaConfig(
        vocab_size=16, hidden_size=8, intermediate_size=8, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=2,
    )  # fmt: skip
    a = workshop.folder / "a"
    transformers.LlamaForCausalLM(config).save_pretrained(a)
    first = load_file(a / "model.safetensors")
    other = {name: value + 1 for name, value in first.items()}
    shard = "model-00001-of-00001.safetensors" if beside == "shards" else beside
    save_file(other, a / shard, {"format": "pt"})
    if beside == "shards":
        index = {"metadata": {}, "weight_map": dict.fromkeys(other, shard)}
        (a / "model.safetensors.index.json").write_text(json.dumps(index))
    read = transformers.LlamaForCausalLM.from_pretrained(a).state_dict()
    document = {"merge_method": "passthrough", "models": [{"model": "./a"}]}
    (note,) = workshop.plan(document).notes
    assert note.startswith(f"./a also holds {shard}, which the merge does not read, as transf")
    workshop.merge(document)
    out = load_file(workshop.folder / "out" / "model.safetensors")
    assert all(np.array_equal(out[name], read[name].numpy()) for name in out)
