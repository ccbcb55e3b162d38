"""Another document that is passed as a recipe gets one fault, which says what it is."""

from __future__ import annotations

import pytest

from mergehub.recipe import Fault, RecipeError, parse_recipe

PLAIN = "merge_method: linear\nmodels: [{model: a}, {model: b}]\n"
CARD = "license: mit\ntags: [merge, mergekit]\nbase_model: [a, b]\n"
OTHERS = {
    "mergekit-moe": (
        "base_model: a\ngate_mode: random\nexperts: [{source_model: a}, {source_model: b}]",
        "a mergekit-moe configuration: a mixture of experts is not built yet",
    ),
    "mergekit-moe without a gate": (
        "base_model: a\ndtype: bfloat16\nexperts:\n- source_model: a\n",
        "a mergekit-moe configuration",
    ),
    "mergekit-evolve": (
        "genome: {models: [a, b], merge_method: dare_ties}\ntasks: [{name: arc, weight: 1.0}]",
        "a mergekit-evolve configuration: a search for a recipe is not built yet",
    ),
    "a PEFT adapter": (
        '{"peft_type": "LORA", "base_model_name_or_path": "a", "lora_alpha": 16, "r": 8,}',
        "the configuration of a PEFT adapter",
    ),
    "Axolotl": (
        "base_model: a\ndatasets: [{path: b}]\nsequence_len: 4096\nmicro_batch_size: 2\n",
        "a configuration for training",
    ),
    "LLaMA-Factory": (
        "model_name_or_path: a\nstage: sft\nfinetuning_type: lora\nlearning_rate: 1e-4\n",
        "a configuration for training",
    ),
    "front matter": (CARD, "the front matter of a model card"),
    "front matter between lines": (f"---\n{CARD}---\n", "a model card"),
    "a model card": (f"---\n{CARD}---\n# Soup\n\n```yaml\n{PLAIN}```\n", "a model card"),
    "a model card from Windows": (
        f"\ufeff---\n{CARD}---\n\n# Soup: the best\n".replace("\n", "\r\n"),
        "a model card",
    ),
    "a fence": (f"```yaml\n{PLAIN}```\n", "Markdown: the recipe is inside a ``` fence"),
    "a fence in text": (f"\n# Soup\n\nMade so:\n\n~~~\n{PLAIN}~~~\n", "Markdown"),
    "config.json": (
        '{"architectures": ["LlamaForCausalLM"],\n\t"model_type": "llama", "hidden_size": 32}',
        "a model's config.json",
    ),
}


def only_fault(text: str) -> Fault:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text)
    (fault,) = caught.value.faults
    return fault


@pytest.mark.parametrize(("text", "says"), OTHERS.values(), ids=OTHERS.keys())
def test_one_fault_says_what_a_text_is_and_what_to_do(text: str, says: str) -> None:
    fault = only_fault(text)
    assert (fault.path, fault.code) == ("", "not-a-recipe")
    assert says in fault.message
    assert fault.suggestion
    assert "did you mean" not in fault.suggestion


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        "---\n" + PLAIN,
        "%YAML 1.2\n---\n" + PLAIN + "...\n",
        '{"merge_method": "linear", "models": [{"model": "a"}, {"model": "b"},],}',
        '{\n\t"merge_method": "linear",\n\t"models": [{"model": "a"}, {"model": "b"}]\n}',
        PLAIN + "chat_template: |\n  ```\n  {{ messages }}\n  ```\n",
    ],
)
def test_a_recipe_in_another_garb_is_a_recipe(text: str) -> None:
    assert parse_recipe(text).merge_method == "linear"


def test_tabs_get_the_advice_to_use_spaces() -> None:
    fault = only_fault("merge_method: linear\nmodels:\n\t- model: a\n")
    assert fault.line == 3
    assert fault.suggestion == "indent with spaces: YAML does not allow tabs"


@pytest.mark.parametrize(
    ("text", "line", "suggestion"),
    [
        ("models:\n  - model: a\n   - model: b\n", 3, "indent the items of a list alike"),
        ("models:\n - {model: a}\ndtype: x\n  density: 1\n", 4, "put text with a colon in quotes"),
        ("models:\n    a: 1\n  b: 1\n", 3, "indent it as far as the keys beside it"),
        ("models:\n  - model: a: b\n", 2, "put text with a colon in quotes"),
        ("- a: 1\n  for\n    b: 1\n", 3, "write a colon after the name at line 2, column 3"),
        ('merge_method: "linear\nmodels: []\n', 3, "close the quotation mark at line 1, column 15"),
        ("models: [{model: a}\ndtype: x\n", 2, "close the bracket at line 1, column 9 with ]"),
        ("models: [{model: a]\n", 1, "close the brace at line 1, column 10 with }"),
    ],
)
def test_what_the_parser_misses_gets_advice(text: str, line: int, suggestion: str) -> None:
    fault = only_fault(text)
    assert (fault.code, fault.line) == ("yaml", line)
    assert fault.suggestion is not None
    assert fault.suggestion.startswith(suggestion)


def test_several_recipes_are_to_be_given_one_by_one() -> None:
    fault = only_fault(f"name: first\n{PLAIN}---\n{PLAIN}")
    assert fault.code == "several-documents"
    assert fault.suggestion == ("split it at the '---' lines and merge one recipe at a time")


TOP = "belongs at the top level of the recipe"
PARAMETER = "put it under 'parameters'"


def beside_a(field: str) -> str:
    """The recipe with one more field in its first model."""
    return PLAIN.replace("{model: a}", f"{{model: a, {field}}}")


@pytest.mark.parametrize(
    ("text", "path", "suggestion"),
    [
        (PLAIN + "parameters: {dtype: bfloat16}", "/parameters/dtype", f"dtype {TOP}"),
        (PLAIN + "parameters: {tokenizer: {a: b}}", "/parameters/tokenizer", f"tokenizer {TOP}"),
        (PLAIN + "parameters: {base_model: ~}", "/parameters/base_model", f"base_model {TOP}"),
        (beside_a("dtype: float16"), "/models/0/dtype", f"dtype {TOP}"),
        (beside_a("base_model: c"), "/models/0/base_model", f"base_model {TOP}"),
        (beside_a("weight: 1"), "/models/0/weight", PARAMETER),
        (PLAIN + "density: 0.5", "/density", PARAMETER),
        (PLAIN + "normalize: true", "/normalize", PARAMETER),
        (
            PLAIN + "layer_range: [0, 2]",
            "/layer_range",
            "layer_range belongs in an entry of a slice's 'sources'",
        ),
        (
            PLAIN + "pad_to_multiple_of: 8",
            "/pad_to_multiple_of",
            "pad_to_multiple_of belongs under 'tokenizer'",
        ),
    ],
)
def test_a_field_in_the_wrong_place_is_sent_to_its_own(
    text: str, path: str, suggestion: str
) -> None:
    fault = only_fault(text)
    assert (fault.path, fault.suggestion) == (path, suggestion)
