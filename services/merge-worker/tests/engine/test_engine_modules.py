"""A module's name selects that part of the model; everything else is copied byte for byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from merge_worker.engine import NotSupportedError, PlanError

VISION, PROJECTOR = "vision_tower.blocks.{}.weight", "multi_modal_projector.linear.weight"


def seeing(workshop: Any, name: str, seed: int) -> dict[str, Any]:
    """Write a vision model: a small Llama, a larger tower with as many layers, and a projector."""
    rng = np.random.default_rng(seed)
    tensors = {
        name.replace("model.", "language_model.model.", 1): values
        for name, values in workshop.llama(seed).items()
    }
    tower = {VISION.format(i): rng.standard_normal((64, 64)) for i in range(2)}
    tensors |= {**tower, PROJECTOR: rng.standard_normal((8, 8))}
    text = {"model_type": "llama", "num_hidden_layers": 2}
    config = {"model_type": "llava", "text_config": text, "vision_config": {"num_hidden_layers": 2}}
    workshop.model(name, tensors, "F32", config)
    return {name: np.asarray(values, np.float32) for name, values in tensors.items()}


def modules(**named: Any) -> dict[str, Any]:
    return {"merge_method": "linear", "modules": named}


def both(*models: str) -> dict[str, Any]:
    return {"models": [{"model": f"./{name}"} for name in models]}


def kept(found: dict[str, Any], one: dict[str, Any]) -> set[str]:
    """The names of the tensors that equal the model's."""
    return {name for name in found if np.array_equal(found[name], one.get(name))}


def is_text(name: str) -> bool:
    return not name.startswith(("vision_tower", "multi_modal"))


@pytest.mark.parametrize(
    ("module", "chosen"),
    [
        ("text_decoder", is_text),
        ("language_model", is_text),
        ("vision_tower", lambda name: name.startswith("vision_tower")),
        ("vision_encoder", lambda name: name.startswith("vision_tower")),
        ("multi_modal_projector", lambda name: name.startswith("multi_modal")),
    ],
)
def test_only_the_module_that_is_named_is_merged(workshop: Any, module: str, chosen: Any) -> None:
    first, second = seeing(workshop, "v", 0), seeing(workshop, "w", 1)
    found = workshop.merged(modules(**{module: both("v", "w")}))
    assert found.keys() == first.keys()
    assert kept(found, first) == {name for name in first if not chosen(name)}
    for name in filter(chosen, found):
        np.testing.assert_allclose(found[name], (first[name] + second[name]) / 2, rtol=1e-5)


def test_the_rest_is_copied_from_the_base_in_its_own_type_and_a_note_says_so(workshop: Any) -> None:
    base = seeing(workshop, "v", 0)
    for seed, name in enumerate("wx", 1):
        seeing(workshop, name, seed)
    recipe = {**modules(text_decoder=both("w", "x")), "base_model": "./v", "dtype": "bfloat16"}
    plan = workshop.plan(recipe)
    assert plan.models[0].reference == "./v"
    assert any("only text_decoder is merged" in n and "copied from ./v" in n for n in plan.notes)
    found = workshop.merged(recipe)
    assert kept(found, base) == {name for name in base if not is_text(name)}
    assert {t.region.dtype for t in plan.tensors if not is_text(t.name)} == {"F32"}


def test_slices_of_a_module_cut_its_layers_and_no_others(workshop: Any) -> None:
    first = seeing(workshop, "v", 0)
    ranges = ([0, 2], [1, 2])
    slices = [{"sources": [{"model": "./v", "layer_range": each}]} for each in ranges]
    recipe = {**modules(text_decoder={"slices": slices}), "merge_method": "passthrough"}
    assert workshop.plan(recipe).config["text_config"]["num_hidden_layers"] == 3
    assert workshop.plan(recipe).config["vision_config"]["num_hidden_layers"] == 2
    found = workshop.merged(recipe)
    name = "language_model.model.layers.{}.mlp.up_proj.weight"
    assert np.array_equal(found[name.format(2)], first[name.format(1)])
    assert {name for name in found if not is_text(name)} <= kept(found, first)


def test_slices_without_a_module_cut_the_text_although_the_tower_is_larger(workshop: Any) -> None:
    seeing(workshop, "v", 0)
    slices = [{"sources": [{"model": "./v", "layer_range": each}]} for each in ([0, 2], [1, 2])]
    config = workshop.plan({"merge_method": "passthrough", "slices": slices}).config
    assert config["text_config"]["num_hidden_layers"] == 3
    assert config["vision_config"]["num_hidden_layers"] == 2


@pytest.mark.parametrize("module", ["foo", "default", "audio_tower", "decoder"])
def test_a_module_that_a_model_does_not_have_is_refused_with_those_it_has(
    workshop: Any, module: str
) -> None:
    seeing(workshop, "v", 0)
    has = "multi_modal_projector, text_decoder, vision_tower"
    with pytest.raises(PlanError, match=rf"\./v has no module '{module}'; its modules are {has}"):
        workshop.plan(modules(**{module: both("v", "v")}))


@pytest.mark.parametrize("module", ["default", "text_decoder", "language_model", "model"])
def test_the_only_module_of_a_text_model_goes_by_its_usual_names(
    workshop: Any, module: str
) -> None:
    for seed, name in enumerate("ab"):
        workshop.model(name, workshop.llama(seed))
    plan = workshop.plan(modules(**{module: both("a", "b")}))
    whole = workshop.plan({"merge_method": "linear", **both("a", "b")})
    assert (plan.tensors, plan.notes) == (whole.tensors, whole.notes)
    with pytest.raises(PlanError, match="its modules are text_decoder"):
        workshop.plan(modules(vision_tower=both("a", "b")))


def test_the_encoder_of_an_encoder_decoder_model_is_a_module(workshop: Any) -> None:
    for seed, name in enumerate("tu"):
        tensors = {
            f"{side}.block.{i}.w": np.full((2, 2), seed, np.float32)
            for side in ("encoder", "decoder")
            for i in range(2)
        }
        shared = {"shared.weight": np.full((4, 2), seed, np.float32)}
        config = {"model_type": "t5", "is_encoder_decoder": True, "num_layers": 2}
        workshop.model(name, {**tensors, **shared}, config=config)
    found = workshop.merged(modules(encoder=both("t", "u")))
    halves = {name for name, values in found.items() if (values == 0.5).all()}
    assert halves == {"encoder.block.0.w", "encoder.block.1.w"}
    with pytest.raises(PlanError, match="its modules are decoder, encoder, shared"):
        workshop.plan(modules(text_decoder=both("t", "u")))


def test_an_adapter_on_what_is_copied_is_refused(workshop: Any) -> None:
    seeing(workshop, "v", 0)
    a, b = np.ones((1, 64), np.float32), np.ones((64, 1), np.float32)
    target = f"base_model.model.{VISION.format(0)}".removesuffix(".weight")
    seeing(workshop, "w", 1)
    workshop.adapter("l", {f"{target}.lora_A.weight": a, f"{target}.lora_B.weight": b}, r=1)
    with pytest.raises(NotSupportedError, match="outside the merged module"):
        workshop.plan(modules(text_decoder=both("v+./l", "w")))
