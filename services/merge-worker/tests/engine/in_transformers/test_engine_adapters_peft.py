"""Adapters by PEFT: our merge equals PEFT's, and what PEFT cannot merge is refused."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from when_used import when_used

from merge_worker.engine import NotSupportedError
from merge_worker.engine.models.adapter_keys import HANDLED, REFUSED, WITHOUT_EFFECT

pytestmark = pytest.mark.slow

torch = when_used("torch")
transformers = when_used("transformers")
peft = when_used("peft")

TEXT = {
    "vocab_size": 32,
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
}
VISION = {
    "hidden_size": 16,
    "intermediate_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "image_size": 8,
    "patch_size": 4,
}


@pytest.fixture(autouse=True)
def _warnings_of_others() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # peft and transformers warn about each other
        yield


def llama() -> Any:
    return transformers.LlamaForCausalLM(transformers.LlamaConfig(**TEXT))


def llava() -> Any:
    text = transformers.LlamaConfig(**TEXT)
    vision = transformers.CLIPVisionConfig(**VISION, projection_dim=16)
    return transformers.LlavaForConditionalGeneration(
        transformers.LlavaConfig(text_config=text, vision_config=vision, image_token_index=31)
    )


def adapted(model: Any, folder: Path, **config: Any) -> Any:
    """Return the model with a trained adapter, and save the adapter."""
    settings = {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"], **config}
    found = peft.get_peft_model(model, peft.LoraConfig(**settings))
    with torch.no_grad():
        for name, values in found.named_parameters():
            if ".lora_" in name:
                values.normal_(0, 0.1)
    found.save_pretrained(folder)
    return found


def recipe() -> dict[str, Any]:
    models = [{"model": "./m+./lora"}]
    return {"merge_method": "passthrough", "models": models, "dtype": "float32"}


@pytest.mark.parametrize("make", [llama, llava])
def test_an_adapter_of_peft_is_merged_as_peft_merges_it(workshop: Any, make: Any) -> None:
    torch.manual_seed(3)
    model = make()
    model.save_pretrained(workshop.folder / "m")
    adapted(model, workshop.folder / "lora").merge_and_unload().save_pretrained(
        workshop.folder / "wanted"
    )
    expected = workshop.read(workshop.folder / "wanted")
    found = workshop.merged(recipe())
    assert found.keys() == expected.keys()
    for name, values in found.items():
        np.testing.assert_allclose(values, expected[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "start", [True, False, "gaussian", "orthogonal", "mica", "pissa", "pissa_niter_2", "olora"]
)
def test_an_adapter_is_refused_just_where_its_start_changes_the_model(
    workshop: Any, start: bool | str
) -> None:
    torch.manual_seed(3)
    model = llama()
    model.save_pretrained(workshop.folder / "m")
    before = model.model.layers[0].self_attn.q_proj.weight.detach().clone()
    found = adapted(model, workshop.folder / "lora", init_lora_weights=start)
    layer = found.base_model.model.model.layers[0].self_attn.q_proj
    if torch.equal(layer.base_layer.weight, before):
        workshop.plan(recipe())
        return
    with pytest.raises(NotSupportedError, match="subtracts its start from the model's own weights"):
        workshop.plan(recipe())


def test_every_key_of_peft_is_decided_once() -> None:
    kinds = [WITHOUT_EFFECT, HANDLED, REFUSED.keys()]
    names = {each.name for each in fields(peft.LoraConfig)}
    assert set().union(*kinds) == names
    assert sum(map(len, kinds)) == len(names)
