"""Recipes of all forms, made at random for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from mergehub.recipe import Recipe, check_document

REFS = st.sampled_from(["org/a", "org/b@v1", "org/c+org/lora", "./d", "1e5", "on", "null", "9"])
WEIGHTS = st.integers(-3, 3) | st.floats(-2, 2, allow_nan=False)
SETTINGS = st.recursive(
    WEIGHTS | st.lists(WEIGHTS, min_size=1, max_size=4),
    lambda inner: st.lists(
        st.fixed_dictionaries(
            {"value": inner}, optional={"filter": st.sampled_from(["mlp", "*", "(q|k)_proj"])}
        ),
        min_size=1,
        max_size=3,
    ),
    max_leaves=4,
)
PARAMETERS = st.fixed_dictionaries({}, optional={"weight": SETTINGS})
OUTER = st.fixed_dictionaries(
    {}, optional={"weight": SETTINGS, "normalize": st.booleans(), "lambda": SETTINGS}
)
MODELS = st.lists(
    st.fixed_dictionaries({"model": REFS}, optional={"parameters": PARAMETERS}),
    min_size=1,
    max_size=3,
)
SLICES = st.lists(
    st.fixed_dictionaries(
        {
            "sources": st.lists(
                st.fixed_dictionaries(
                    {"model": REFS, "layer_range": st.just([0, 4])},
                    optional={"parameters": PARAMETERS},
                ),
                min_size=1,
                max_size=2,
            )
        },
        optional={"parameters": OUTER, "base_model": st.just("org/other")},
    ),
    min_size=1,
    max_size=2,
)
CONTENTS = st.builds(lambda each: {"models": each}, MODELS) | st.builds(
    lambda each: {"slices": each}, SLICES
)
MODULES = st.builds(lambda each: {"modules": {"text": each}}, CONTENTS)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
HEADS = st.fixed_dictionaries(
    {"merge_method": st.just("task_arithmetic"), "base_model": st.just("org/base")},
    optional={
        "parameters": OUTER,
        "dtype": st.sampled_from(["bfloat16", "float32"]),
        "tokenizer_source": st.sampled_from(["base", "union", "org/a"]),
        "chat_template": TEXT,
        "name": TEXT,
    },
)
RECIPES: st.SearchStrategy[Recipe] = st.builds(
    lambda head, contents: check_document(head | contents).recipe, HEADS, CONTENTS | MODULES
)
