"""The contents of a plan, and its refusals, before a tensor is read."""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest

from merge_worker.engine import NotSupportedError, PlanError, plan_merge
from merge_worker.engine.kernels.fill_kernel import SCRATCH, WIDTH
from merge_worker.engine.planning.peak_memory import GATHERED, peak_memory
from mergehub.recipe import Recipe, RecipeError, not_built

MEGABYTE = 1 << 20


def two(workshop: Any, dtype: str = "BF16", **models: Any) -> dict[str, Any]:
    workshop.model("a", workshop.llama(0, **models), dtype)
    workshop.model("b", workshop.llama(1, **models), dtype)
    return {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}


def parameter(plan: Any, name: str, parameter: str, operand: int = 0) -> Any:
    tensor = next(t for t in plan.tensors if t.name == name)
    return tensor.operands[operand].parameters[parameter]


@pytest.mark.process
def test_planning_reads_no_tensor_and_imports_no_compiler(workshop: Any) -> None:
    two(workshop)
    code = (
        "import sys; from pathlib import Path; from merge_worker.engine import *\n"
        "from mergehub.recipe import parse_recipe\n"
        "text = '{merge_method: linear, models: [{model: ./a}, {model: ./b}]}'\n"
        "plan = plan_merge(parse_recipe(text), Sources(roots=(Path(sys.argv[1]),)))\n"
        "assert plan.tensors and not {'numba', 'torch', 'transformers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(workshop.folder)], check=True, timeout=60)


def test_a_plan_counts_bytes_and_bounds_memory(workshop: Any) -> None:
    recipe = two(workshop)
    plan = workshop.plan({**recipe, "out_dtype": "float32"})
    elements = sum(v.size for v in workshop.llama(0).values())
    assert plan.bytes_in == 2 * 2 * elements
    assert plan.bytes_out == 4 * elements
    assert plan.copied == ()
    scratch = 4 * (2 + SCRATCH) * WIDTH
    assert peak_memory(plan, threads=2, block=100) == 2 * (100 * (2 + 2 + 4) + scratch)
    ties = {**recipe, "merge_method": "ties", "base_model": "./a", "parameters": {"density": 0.5}}
    assert peak_memory(workshop.plan(ties), threads=1, block=100) > GATHERED


def test_the_memory_that_a_plan_claims_is_what_the_merge_takes(workshop: Any) -> None:
    count, tensors = 40, {"w": np.zeros((512, 512), np.float32)}
    for i in range(count):
        workshop.model(str(i), tensors, "F32")
    recipe = {"merge_method": "linear", "models": [{"model": f"./{i}"} for i in range(count)]}
    claimed = peak_memory(workshop.plan(recipe), threads=1)
    workshop.merge(recipe, threads=1)
    tracemalloc.start()
    try:
        workshop.merge(recipe, "again", threads=1)
        _, taken = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0.9 * claimed < taken < 1.1 * claimed + 4 * MEGABYTE


def test_a_thousand_tiny_models_need_little_memory(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0))
    recipe = {"merge_method": "linear", "models": [{"model": "./a"}] * 1000}
    assert peak_memory(workshop.plan(recipe), threads=1) < 16 * MEGABYTE


def test_a_plan_is_json_and_its_digest_tells_plans_apart(workshop: Any) -> None:
    recipe = two(workshop)
    plan = workshop.plan(recipe)
    assert json.loads(json.dumps(plan.to_json())) == plan.to_json()
    assert plan.digest == workshop.plan(recipe).digest
    assert plan.digest != workshop.plan(recipe, seed=1).digest
    assert plan.digest != workshop.plan({**recipe, "dtype": "float32"}).digest
    (workshop.folder / "a" / "model.safetensors").touch()
    assert plan.digest != workshop.plan(recipe).digest


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "F16"),
        ({"dtype": "float32"}, "F32"),
        ({"dtype": "float32", "out_dtype": "bfloat16"}, "BF16"),
    ],
)
def test_the_element_type_is_out_dtype_else_dtype_else_the_first_models(
    workshop: Any, fields: dict[str, str], expected: str
) -> None:
    plan = workshop.plan({**two(workshop, "F16"), **fields})
    assert {tensor.region.dtype for tensor in plan.tensors} == {expected}
    names = {"F16": "float16", "F32": "float32", "BF16": "bfloat16"}
    assert plan.config["dtype"] == names[expected]


def test_gradients_run_over_the_layers_and_filters_over_the_names(workshop: Any) -> None:
    recipe = two(workshop, layers=3)
    for i, name in enumerate("ab"):
        config = workshop.llama_config(layers=3)
        (workshop.folder / name / "config.json").write_text(json.dumps(config))
        recipe["models"][i]["parameters"] = {"weight": [0, 1]}
    recipe["models"][1]["parameters"] = {"weight": [{"filter": "mlp", "value": 3}, {"value": 4}]}
    plan = workshop.plan(recipe)
    weights = [parameter(plan, f"model.layers.{i}.mlp.up_proj.weight", "weight") for i in range(3)]
    assert weights == [0, 0.5, 1]
    assert parameter(plan, "model.embed_tokens.weight", "weight") == 0
    assert parameter(plan, "model.norm.weight", "weight") == 1
    assert parameter(plan, "lm_head.weight", "weight") == 1
    assert parameter(plan, "model.layers.1.mlp.up_proj.weight", "weight", 1) == 3
    assert parameter(plan, "model.norm.weight", "weight", 1) == 4


def test_tied_embeddings_stay_tied(workshop: Any) -> None:
    tied = workshop.llama_config(tie_word_embeddings=True)
    workshop.model("a", workshop.llama(0), config=tied)
    workshop.model("b", workshop.llama(1, tied=True), config=tied)
    plan = workshop.plan({"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]})
    assert "lm_head.weight" not in {tensor.name for tensor in plan.tensors}


def test_a_tied_ingredient_gives_its_embedding_as_head(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0))
    tied = workshop.llama_config(tie_word_embeddings=True)
    workshop.model("b", workshop.llama(1, tied=True), config=tied)
    plan = workshop.plan({"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]})
    head = next(t for t in plan.tensors if t.name == "lm_head.weight")
    assert [o.tensor for o in head.operands] == ["lm_head.weight", "model.embed_tokens.weight"]


def test_extra_tensors_of_an_ingredient_are_noted(workshop: Any) -> None:
    recipe = two(workshop)
    tensors = {**workshop.llama(3), "model.extra.weight": np.ones(2, np.float32)}
    workshop.model("c", tensors)
    recipe["models"].append({"model": "./c"})
    assert "model.extra.weight" in workshop.plan(recipe).notes[0]


def test_tensors_that_are_no_numbers_to_average_are_copied(workshop: Any) -> None:
    recipe = two(workshop)
    from safetensors.numpy import load_file, save_file

    for name in "ab":
        folder = workshop.folder / name
        workshop.write_tensors(folder / "model.safetensors", workshop.llama(0), "F32")
        tensors = load_file(folder / "model.safetensors")
        tensors["model.buffer"] = np.arange(3)
        save_file(tensors, folder / "model.safetensors")
    assert workshop.plan(recipe).copied == ("model.buffer",)
    workshop.merge(recipe)
    found = load_file(workshop.folder / "out" / "model.safetensors")
    assert found["model.buffer"].tolist() == [0, 1, 2]


def test_shards_keep_to_their_size_and_every_tensor_is_aligned(workshop: Any) -> None:
    plan = workshop.plan(two(workshop), max_shard_size=500)
    assert len(plan.shards) > 2
    assert next(iter(plan.shards)) == f"model-00001-of-{len(plan.shards):05}.safetensors"
    for tensors in plan.shards.values():
        assert len(tensors) == 1 or sum(t.region.nbytes for t in tensors) <= 500
    assert all(t.region.offset % 2 == 0 for t in plan.tensors)


@pytest.mark.parametrize("vocabulary", [20, 12])
def test_embeddings_of_different_size_meet_only_when_allowed(
    workshop: Any, vocabulary: int
) -> None:
    recipe = two(workshop)
    other = workshop.llama(3, vocabulary=vocabulary)
    workshop.model("c", other, config=workshop.llama_config(vocab_size=vocabulary))
    recipe["models"][1]["model"] = "./c"
    with pytest.raises(PlanError, match=r"embed_tokens.*\[16, 8\].*tokenizer_source") as refused:
        workshop.plan(recipe)
    assert "allow_submatrix" not in str(refused.value)
    with pytest.raises(NotSupportedError, match=r"not built yet: reordering embedding rows"):
        workshop.plan({**recipe, "tokenizer_source": "union"})
    rows = min(16, vocabulary)
    found = workshop.merged({**recipe, "allow_submatrix": True, "out_dtype": "float32"})
    a, b = (workshop.rounded(m["lm_head.weight"])[:rows] for m in (workshop.llama(0), other))
    np.testing.assert_allclose(found["lm_head.weight"], (a + b) / 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("listed", "base", "merged", "read"),
    [
        ("b", "a", "ab", "ab"),  # too few without the base: it joins
        ("ba", "a", "ab", "ab"),  # the base is listed: it comes first
        ("bc", "a", "bc", "bc"),  # enough without the base: as listed
        ("bc", None, "bc", "bc"),
    ],
)
def test_the_base_of_slerp_is_one_of_two_models(
    workshop: Any, listed: str, base: str | None, merged: str, read: str
) -> None:
    for seed, name in enumerate("abc"):
        workshop.model(name, workshop.llama(seed))
    recipe = {
        "merge_method": "slerp",
        "models": [{"model": f"./{name}"} for name in listed],
        "parameters": {"t": 0},
        **({"base_model": f"./{base}"} if base else {}),
    }
    plan = workshop.plan(recipe)
    references = [model.reference for model in plan.models]
    assert sorted(references) == [f"./{name}" for name in read]
    assert any("is not merged" in note for note in plan.notes) == (base not in {*read, None})
    for tensor in plan.tensors:
        assert [references[o.model] for o in tensor.operands] == [f"./{name}" for name in merged]
        assert tensor.base is None


def test_a_method_is_given_as_many_models_as_it_takes(workshop: Any) -> None:
    workshop.model("a", workshop.llama(0))
    entry = {"model": "./a"}
    recipe = Recipe.model_validate({"merge_method": "passthrough", "models": [entry, entry]})
    with pytest.raises(PlanError, match="merges exactly 1 model; here it gets 2"):
        plan_merge(recipe, workshop.sources)


def test_one_module_is_merged_as_models_are(workshop: Any) -> None:
    recipe = two(workshop)
    inner = {"models": recipe.pop("models"), "parameters": {"weight": 0.5}}
    plan = workshop.plan({**recipe, "modules": {"text": inner}})
    assert parameter(plan, "model.norm.weight", "weight") == 0.5


def test_a_method_that_is_not_there_is_named_with_those_that_are(workshop: Any) -> None:
    recipe = Recipe.model_validate({**two(workshop), "merge_method": "magic"})
    with pytest.raises(
        PlanError, match=r"no merge method 'magic'; the methods are arcee_fusion, .*, ties"
    ):
        plan_merge(recipe, workshop.sources)


def test_a_listed_base_defines_the_output_also_where_it_is_a_model_like_any(workshop: Any) -> None:
    tied = workshop.llama_config(tie_word_embeddings=True)
    workshop.model("a", workshop.llama(0))
    workshop.model("b", workshop.llama(1, tied=True), config=tied)
    models = [{"model": "./a"}, {"model": "./b"}]
    plan = workshop.plan({"merge_method": "linear", "models": models, "base_model": "./b"})
    assert plan.config["tie_word_embeddings"] is True
    assert "lm_head.weight" not in {tensor.name for tensor in plan.tensors}


def test_misfits_are_named(workshop: Any) -> None:
    recipe = two(workshop)
    wide = workshop.llama(3)
    wide["model.norm.weight"] = np.ones(9, np.float32)
    workshop.model("wide", wide)
    recipe["models"][1]["model"] = "./wide"
    with pytest.raises(PlanError, match=r"'model.norm.weight'.*\./a \[8\], \./wide \[9\]"):
        workshop.plan(recipe)
    lacking = workshop.llama(3)
    del lacking["model.norm.weight"]
    workshop.model("lacking", lacking)
    recipe["models"][1]["model"] = "./lacking"
    with pytest.raises(PlanError, match=r"\./lacking has no tensor 'model.norm.weight'"):
        workshop.plan(recipe)


def test_weights_that_sum_to_nothing_are_refused(workshop: Any) -> None:
    recipe = two(workshop)
    for entry, weight in zip(recipe["models"], [1, -1], strict=True):
        entry["parameters"] = {"weight": weight}
    with pytest.raises(RecipeError, match="the weights sum to 0"):
        workshop.plan(recipe)


def test_quantized_models_are_refused(workshop: Any) -> None:
    recipe = two(workshop)
    config = workshop.llama_config(quantization_config={"bits": 4})
    workshop.model("q", workshop.llama(3), config=config)
    recipe["models"][1]["model"] = "./q"
    with pytest.raises(NotSupportedError, match="quantized"):
        workshop.plan(recipe)


def vocabulary(workshop: Any, name: str, *tokens: str) -> None:
    model = {"model": {"vocab": {token: i for i, token in enumerate(tokens)}}}
    (workshop.folder / name / "tokenizer.json").write_text(json.dumps(model))


@pytest.mark.parametrize("source", ["base", "union", "./b"])
def test_a_tokenizer_is_copied_where_vocabularies_agree(workshop: Any, source: str) -> None:
    recipe = {**two(workshop), "base_model": "./a", "tokenizer_source": source}
    for name in "ab":
        vocabulary(workshop, name, "x", "y")
    chosen = "b" if source == "./b" else "a"
    assert workshop.plan(recipe).copies["tokenizer.json"].parent.name == chosen
    vocabulary(workshop, "b", "y", "x")
    with pytest.raises(NotSupportedError, match="vocabulary"):
        workshop.plan(recipe)
    del recipe["tokenizer_source"]
    with pytest.raises(PlanError, match=r"vocabularies of \./a and \./b differ in 2 ids"):
        workshop.plan(recipe)


def test_a_chat_template_is_written_as_given(workshop: Any) -> None:
    recipe = {**two(workshop), "chat_template": "{{ messages }}"}
    workshop.merge(recipe)
    assert (workshop.folder / "out" / "chat_template.jinja").read_text() == "{{ messages }}"


ONE = {"models": [{"model": "./a"}]}
NOT_BUILT = {
    "/chat_template": {"chat_template": "chatml"},
    "/tokenizer/tokens": {"tokenizer": {"source": "base", "tokens": {"x": {"source": "./a"}}}},
    "/tokenizer/pad_to_multiple_of": {"tokenizer": {"source": "base", "pad_to_multiple_of": 8}},
    "/modules": {"models": None, "modules": {"text": ONE, "vision": ONE}},
}


@pytest.mark.parametrize(("path", "more"), NOT_BUILT.items())
def test_what_the_language_lists_as_not_built_is_refused_in_its_words(
    workshop: Any, path: str, more: dict[str, Any]
) -> None:
    recipe = {**two(workshop), **more}
    (fault,) = not_built(Recipe.model_validate(recipe))
    assert (fault.path, fault.code) == (path, "not-built")
    with pytest.raises(NotSupportedError) as caught:
        plan_merge(Recipe.model_validate(recipe), workshop.sources)
    assert str(caught.value) == str(fault)


def test_thousands_of_filters_are_planned_as_the_language_reads_them(workshop: Any) -> None:
    recipe = two(workshop, layers=3)
    filters = [f"layers.{i}.no_such" for i in range(3_990)]
    filters += [f"/^lm_head.{i}$/" for i in range(9)] + ["/[.]norm[.]/"]
    entries = [{"filter": text, "value": i} for i, text in enumerate(filters)]
    recipe["models"][1]["parameters"] = {"weight": [*entries, {"value": -2}]}
    plan = workshop.plan(recipe)
    assert parameter(plan, "model.norm.weight", "weight", 1) == 3_999
    assert parameter(plan, "lm_head.weight", "weight", 1) == -2
