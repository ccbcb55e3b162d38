"""Models of different types merge only if transformers computes the same with their tensors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from when_used import when_used

from merge_worker.engine import PlanError

pytestmark = pytest.mark.slow

torch = when_used("torch")
transformers = when_used("transformers")

SMALL = {
    "vocab_size": 32, "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 8, "pad_token_id": 0,
    "max_position_embeddings": 64, "bos_token_id": 1, "eos_token_id": 2, "type_vocab_size": 1,
}  # fmt: skip
SLICES = [{"sources": [{"model": f"./{name}", "layer_range": [0, 2]}]} for name in "ab"]
RECIPES = [
    {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]},
    {"merge_method": "passthrough", "slices": SLICES},
]


def save(folder: Path, kind: str, auto: str) -> None:
    torch.manual_seed(0)
    model = getattr(transformers, auto).from_config(
        transformers.AutoConfig.for_model(kind, **SMALL)
    )
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)
    model.save_pretrained(folder)


def retyped(folder: Path, kind: str, target: Path) -> None:
    """Write the same weights and settings with another model type."""
    shutil.copytree(folder, target)
    config = json.loads((folder / "config.json").read_text())
    (target / "config.json").write_text(json.dumps({**config, "model_type": kind}))


def computed(folder: Path, auto: str) -> Any:
    model, report = getattr(transformers, auto).from_pretrained(folder, output_loading_info=True)
    assert not [*report["missing_keys"], *report["unexpected_keys"]]
    with torch.no_grad():
        return model.eval()(torch.arange(3, 15)[None])[0]


CAUSAL, ENCODER = "AutoModelForCausalLM", "AutoModel"


@pytest.mark.parametrize(
    ("one", "other", "auto"),
    [
        ("llama", "mistral", CAUSAL),
        ("llama", "seed_oss", CAUSAL),
        ("llama", "granite", CAUSAL),
        ("llama", "gemma", CAUSAL),
        ("llama", "helium", CAUSAL),
        ("llama", "ernie4_5", CAUSAL),
        ("roberta", "xlm-roberta", ENCODER),
        ("bert", "roberta", ENCODER),
    ],
)
def test_models_of_two_types_merge_just_where_they_compute_the_same(
    workshop: Any, one: str, other: str, auto: str
) -> None:
    save(workshop.folder / "a", one, auto)
    retyped(workshop.folder / "a", other, workshop.folder / "b")
    same = torch.allclose(*(computed(workshop.folder / name, auto) for name in "ab"), atol=1e-5)
    for recipe in RECIPES:
        if same:
            assert workshop.plan(recipe).tensors
        else:
            words = f"./a is of model type '{one}' and ./b of '{other}'"
            with pytest.raises(PlanError, match=words):
                workshop.plan(recipe)


def test_the_types_of_the_parts_that_are_merged_count(workshop: Any) -> None:
    tensors = {f"language_model.{name}": each for name, each in workshop.llama(0).items()}
    for name, kind in (("a", "llama"), ("b", "gemma"), ("c", "mistral")):
        text = {**workshop.llama_config(), "model_type": kind}
        workshop.model(name, tensors, config={"model_type": "llava", "text_config": text})

    def recipe(other: str) -> dict[str, Any]:
        return {"merge_method": "linear", "models": [{"model": "./a"}, {"model": other}]}

    with pytest.raises(PlanError, match=r"model type 'llama' and \./b of 'gemma'"):
        workshop.plan(recipe("./b"))
    assert workshop.plan(recipe("./c")).tensors


def test_a_model_without_a_type_is_merged(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0))
    workshop.model("b", workshop.llama(1), config={"num_hidden_layers": 2})
    assert workshop.plan(RECIPES[0]).tensors
