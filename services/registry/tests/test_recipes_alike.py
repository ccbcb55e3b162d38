"""A recipe is checked by an earlier one with other models as if it were the first one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mergehub.recipe import Fault, RecipeError
from mergehub.recipe.parse import one_document
from mergehub.recipe.yaml.events import Loaded
from registry.recipes.beside_lineage.alike import _known, facts_by_data
from registry.recipes.check import CheckedRecipe, facts

FORMS = [
    "merge_method: linear\nmodels: [{{model: {0}, parameters: {{weight: 1}}}}, {{model: {1}}}]\n",
    """merge_method: ties
base_model: {0}
models:
  - model: {1}
    parameters: {{}}
  - model: {2}
parameters:
  density: [0.5, 1]
tokenizer_source: {3}
dtype: bfloat16
""",
    """merge_method: slerp
base_model: "{0}"
slices:
- sources:
  - model: {1}
    layer_range: [0, 4]
  - model: {2}
    layer_range: [0, 4]
parameters: {{t: 0.5}}
""",
    "merge_method: linear\nmodels: [{{model: {0}}}, {{model: {1}, parameters: {{1: 1}}}}]\n",
    "merge_method: linear\nmodels: &all [{{model: {0}}}, {{model: {1}}}]\nname: *all\n",
    "merge_method: linear\nmodels: [{{model: {0}}}, {{model: {{model: {{path: {1}}}}}}}]\n",
    """merge_method: linear
models: [{{model: {0}}}, {{model: {1}}}]
chat_template: "{{{{ model: {2} }}}}"
tokenizer: {{source: {2}, tokens: {{model/1: {{source: {3}}}}}}}
""",
]
NAMES = st.sampled_from(
    [
        *("org/a", "org/b", "Other/D-7B_v0.1", "model/0", "model/1", "model/10", "org/a@main"),
        *("org/a+org/lora", "gpt2", "base", "union", "./folder", "/a/b", "a/b/c", "1/2", "org/é"),
        *("org/x.safetensors", "org/x.gguf", "s3://a/b", "run:5", "null", "a/" + "b" * 101),
    ]
)
USUAL = st.from_regex(r"[a-c]{1,2}/[A-C][0-9.]{0,2}", fullmatch=True)
RECIPES = st.builds(
    lambda form, names: form.format(*names),
    st.sampled_from(FORMS),
    st.lists(NAMES | USUAL, min_size=4, max_size=4),
)
WEIGHTS = ("1", "'1'", "true", "1.0", "null")
Found = CheckedRecipe | tuple[Fault, ...]


def outcome(text: str, find: Callable[[str, Loaded, str], CheckedRecipe]) -> Found:
    try:
        return find(text, one_document(text), "/recipe")
    except RecipeError as error:
        return error.faults


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RECIPES)
@example(FORMS[0].format("model/1", "model/0"))
@example(FORMS[1].format("org/a", "org/a", "org/b", "org/b"))
@example(FORMS[0].format("org/a", "a/" + "b" * 99))
def test_a_check_by_a_like_recipe_finds_what_a_check_finds(text: str) -> None:
    for _ in range(2):  # the second time by what is known
        assert outcome(text, facts_by_data) == outcome(text, facts)


@pytest.mark.parametrize("form", FORMS[:3])
def test_recipes_that_differ_in_names_are_checked_once(form: str) -> None:
    outcome(form.format("here/a", "here/b", "here/c", "here/d"), facts_by_data)
    before = _known.cache_info().misses
    found = outcome(form.format("there/x", "there/y", "there/z", "there/w"), facts_by_data)
    assert _known.cache_info().misses == before
    assert isinstance(found, CheckedRecipe)
    assert {str(each).partition("/")[0] for each in found.references} == {"there"}


def test_a_word_and_a_number_are_not_alike() -> None:
    texts = [FORMS[0].format("org/a", "org/b").replace("1}", f"{each}}}") for each in WEIGHTS]
    assert [outcome(each, facts_by_data) for each in texts] == [
        outcome(each, facts) for each in texts
    ]
