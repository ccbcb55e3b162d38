"""A recipe whose shape is known is checked as if it were the first one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from registry.recipes.check import RecipeInvalid, checked
from registry.recipes.imports.shapes import Found, _known, found_by_shape

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

FORMS = [
    """merge_method: linear
models:
- model: {0}
  parameters:
    weight: 1
- model: {1}
  parameters:
    weight: 0.5
""",
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
    """merge_method: passthrough
slices:
- sources:
  - model: {0}
    layer_range: [0, 4]
- sources:
  - model: {1}
    layer_range: [2, 8]
""",
    """merge_method: slerp
base_model: {0}
slices:
- sources:
  - model: {1}
    layer_range: [0, 4]
  - model: {2}
    layer_range: [0, 4]
parameters:
  t: 0.5
""",
    """merge_method: linear
models:
- model: {0}
  parameters:
    weight: 1
chat_template: |
  {{% x %}}
  model: {1}
""",
    """merge_method: linear
models:
- model: {0}
  parameters:
    weight:
    - filter: "mlp
        model: {1}
        "
      value: 1
    - value: 0.5
""",
]
NAMES = st.sampled_from(
    [
        *("org/a", "org/b", "org/c", "Other/D-7B_v0.1", "model/0", "model/1", "model/10"),
        *("org/a@main", "org/a+org/lora", "gpt2", "base", "union", "./folder", "/a/b", "a/b/c"),
        *("org/x.safetensors", "org/x.gguf", "s3://a/b", "run:5", "'org/a'", "org/a # why"),
        *("1/2", "org/é", "null", "a/" + "b" * 101, "a/" + "b" * 99),
    ]
)
USUAL = st.from_regex(r"[a-c]{1,2}/[A-C][0-9.]{0,2}", fullmatch=True)
RECIPES = st.builds(
    lambda form, names: form.format(*names),
    st.sampled_from(FORMS),
    st.lists(NAMES | USUAL, min_size=4, max_size=4),
)


def by_itself(text: str, pointer: str) -> Found:
    whole = checked(text, pointer)
    return Found(whole.canonical, whole.method, [str(each) for each in whole.ingredients])


def outcome(text: str, check: Callable[[str, str], Found]) -> Found | list[object]:
    try:
        return check(text, "/recipes/3/recipe")
    except RecipeInvalid as error:
        return [error.detail, *error.errors]


@UNHURRIED
@given(RECIPES)
@example(FORMS[0].format("model/1", "model/0"))
@example(FORMS[1].format("org/a", "org/a", "org/b", "org/b"))
@example(FORMS[4].format("org/a", "1x/y"))
@example(FORMS[5].format("org/a", "a/" + "b" * 99))
def test_a_check_by_shape_finds_what_a_check_finds(text: str) -> None:
    assert outcome(text, found_by_shape) == outcome(text, by_itself)


@pytest.mark.parametrize("form", FORMS[:4])
def test_recipes_of_one_shape_are_checked_once(form: str) -> None:
    found_by_shape(form.format("here/a", "here/b", "here/c", "here/d"), "")
    before = _known.cache_info().misses
    found = found_by_shape(form.format("there/x", "there/y", "there/z", "there/w"), "")
    assert _known.cache_info().misses == before
    assert list(found.ingredients)[:2] == ["there/x", "there/y"]
