"""Rows of one id are merged only if they belong to the same token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tokenizer_files import FORMS, PERMUTED, SHIFTED, TOKENS, fast, give, spm

from merge_worker.engine import EngineError, NotSupportedError, PlanError


@pytest.fixture
def recipe(workshop: Any) -> dict[str, Any]:
    for i, name in enumerate("ab"):
        workshop.model(name, workshop.llama(i))
    return {"merge_method": "linear", "models": [{"model": "./a"}, {"model": "./b"}]}


@pytest.mark.parametrize("form", FORMS)
def test_a_permuted_vocabulary_is_refused_in_every_form(
    workshop: Any, recipe: dict[str, Any], form: str
) -> None:
    for name in "ab":
        give(workshop, name, form, TOKENS)
    assert workshop.plan(recipe).notes == ()
    give(workshop, "b", form, PERMUTED)
    with pytest.raises(PlanError, match=r"\./a and \./b differ in 6 ids \(id 2 is 'the' in one"):
        workshop.plan(recipe)


@pytest.mark.parametrize("form", [each for each in FORMS if each not in SHIFTED])
@pytest.mark.parametrize("first", ["tokenizer.json", "tokenizer.model"])
def test_vocabularies_in_different_files_are_compared_by_their_tokens(
    workshop: Any, recipe: dict[str, Any], form: str, first: str
) -> None:
    give(workshop, "a", first, TOKENS)
    give(workshop, "b", form, TOKENS)
    assert workshop.plan(recipe).notes == ()
    give(workshop, "b", form, PERMUTED)
    with pytest.raises(PlanError, match="same_token_ids: true"):
        workshop.plan(recipe)


def test_sentencepiece_models_that_were_trained_differently_may_have_one_vocabulary(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    for name in "ab":
        content = spm(TOKENS, trainer=f"trained by {name}".encode())
        Path(workshop.folder, name, "tokenizer.model").write_bytes(content)
    assert workshop.plan(recipe).notes == ()


@pytest.mark.parametrize("name", SHIFTED)
def test_ids_that_a_tokenizer_may_shift_are_not_compared_with_others(
    workshop: Any, recipe: dict[str, Any], name: str
) -> None:
    give(workshop, "a", "tokenizer.json", ["<s>", "<pad>", *TOKENS])
    give(workshop, "b", name, TOKENS)
    assert workshop.plan(recipe).notes == ("the vocabularies of ./a and ./b cannot be compared",)


def test_ids_that_tokens_added_beside_a_model_contradict_are_not_compared_either(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    """Pegasus calls its file spiece.model and shifts the ids; its added tokens show it."""
    give(workshop, "a", "tokenizer.json", ["<pad>", *TOKENS])
    give(workshop, "b", "spiece.model", TOKENS)
    decoder = {"added_tokens_decoder": {"0": {"content": "<pad>"}}}
    (workshop.folder / "b" / "tokenizer_config.json").write_text(json.dumps(decoder))
    assert workshop.plan(recipe).notes == ("the vocabularies of ./a and ./b cannot be compared",)


def test_added_tokens_of_several_files_belong_to_the_vocabulary(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    for name, added in (("a", "<x>"), ("b", "<y>")):
        give(workshop, name, "vocab.json", TOKENS)
        file = Path(workshop.folder, name, "added_tokens.json")
        file.write_text(json.dumps({added: len(TOKENS)}))
    with pytest.raises(PlanError, match="id 8 is '<x>' in one and '<y>' in the other"):
        workshop.plan(recipe)


def test_a_token_added_beside_a_tokenizer_json_is_compared_with_one_in_it(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    give(workshop, "a", "tokenizer.json", [*TOKENS, "<x>"])
    give(workshop, "b", "tokenizer.json", TOKENS)
    (workshop.folder / "b" / "added_tokens.json").write_text(json.dumps({"<y>": 8, "<z>": 9}))
    with pytest.raises(PlanError, match="id 8 is '<x>' in one and '<y>' in the other"):
        workshop.plan(recipe)


@pytest.mark.parametrize("options", [{}, {"tokenizer_source": "./b"}, {"base_model": "./a"}])
def test_a_recipe_may_say_that_the_ids_mean_the_same(
    workshop: Any, recipe: dict[str, Any], options: dict[str, Any]
) -> None:
    give(workshop, "a", "tokenizer.json", TOKENS)
    give(workshop, "b", "tokenizer.json", PERMUTED)
    document = {**recipe, **options, "same_token_ids": True}
    (note,) = workshop.plan(document).notes
    assert "the recipe says that the ids mean the same" in note
    workshop.merge(document)
    assert note in Path(workshop.folder, "out", "README.md").read_text()


def test_tokens_that_only_one_model_has_are_noted_where_the_rows_are_as_many(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    give(workshop, "a", "tokenizer.json", TOKENS)
    Path(workshop.folder, "b", "tokenizer.json").write_text(fast(TOKENS, added=["<x>", "<y>"]))
    (note,) = workshop.plan(recipe).notes
    assert note.startswith("./b has 2 tokens ('<x>' (id 8), '<y>' (id 9)), which ./a lacks")
    (note,) = workshop.plan({**recipe, "models": recipe["models"][::-1]}).notes
    assert note.startswith("./a lacks 2 tokens")


def test_a_token_added_at_another_id_is_refused(workshop: Any, recipe: dict[str, Any]) -> None:
    Path(workshop.folder, "a", "tokenizer.json").write_text(fast(TOKENS, added=["<x>"]))
    moved = {"model": {"vocab": {token: i for i, token in enumerate(TOKENS)} | {"<x>": 11}}}
    Path(workshop.folder, "b", "tokenizer.json").write_text(json.dumps(moved))
    with pytest.raises(PlanError, match="'<x>' has the ids 8 and 11"):
        workshop.plan(recipe)


@pytest.mark.parametrize(
    ("source", "refused"), [("base", False), ("./b", True), ("union", True), ("./a", False)]
)
def test_a_tokenizer_source_that_needs_new_rows_is_not_built_yet(
    workshop: Any, recipe: dict[str, Any], source: str, refused: bool
) -> None:
    """The tokenizer of a has no token that b lacks, so it needs no new row."""
    give(workshop, "a", "tokenizer.json", TOKENS)
    Path(workshop.folder, "b", "tokenizer.json").write_text(fast(TOKENS, added=["<x>"]))
    document = {**recipe, "base_model": "./a", "tokenizer_source": source}
    if not refused:
        assert "1 token" in workshop.plan(document).notes[0]
        return
    with pytest.raises(NotSupportedError, match="not built yet: reordering embedding rows"):
        workshop.plan(document)


@pytest.mark.parametrize("method", ["linear", "task_arithmetic", "ties", "slerp"])
def test_the_vocabulary_of_the_base_counts_where_its_rows_are_read(
    workshop: Any, recipe: dict[str, Any], method: str
) -> None:
    workshop.model("base", workshop.llama(3))
    for name in ("a", "b"):
        give(workshop, name, "tokenizer.json", TOKENS)
    give(workshop, "base", "tokenizer.json", PERMUTED)
    parameters = {"slerp": {"t": 0.5}, "ties": {"density": 0.5, "weight": 1}}
    document = {
        **recipe,
        "merge_method": method,
        "base_model": "./base",
        "parameters": parameters.get(method, {"weight": 1}),
    }
    with pytest.raises(PlanError, match="so rows of different tokens would be merged"):
        workshop.plan(document)  # the base also gives the tokenizer, which fits no model then


def slices(*models: str) -> dict[str, Any]:
    sources = [[{"model": model, "layer_range": [0, 1]}] for model in models]
    return {"merge_method": "passthrough", "slices": [{"sources": each} for each in sources]}


def test_a_model_that_gives_only_layers_may_have_another_vocabulary(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    give(workshop, "a", "tokenizer.json", TOKENS)
    give(workshop, "b", "tokenizer.json", PERMUTED)
    (note,) = workshop.plan(slices("./a", "./b", "./a")).notes
    assert note == "./b has a different vocabulary from ./a; its embeddings are not read"


def test_a_stack_whose_head_has_another_vocabulary_than_its_embedding_is_refused(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    give(workshop, "a", "tokenizer.json", TOKENS)
    give(workshop, "b", "tokenizer.json", PERMUTED)
    with pytest.raises(PlanError, match="differ in 6 ids"):
        workshop.plan(slices("./a", "./b"))


def test_a_model_whose_embeddings_have_no_weight_may_have_another_vocabulary(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    give(workshop, "a", "tokenizer.json", TOKENS)
    give(workshop, "b", "tokenizer.json", PERMUTED)
    heavy = {"weight": 1}
    light = {
        "weight": [
            {"filter": "embed_tokens", "value": 0},
            {"filter": "lm_head", "value": 0},
            {"value": 1},
        ]
    }
    models = [{"model": "./a", "parameters": heavy}, {"model": "./b", "parameters": light}]
    assert "not read" in workshop.plan({**recipe, "models": models}).notes[0]


def test_models_without_a_tokenizer_are_merged_without_a_word(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    assert workshop.plan(recipe).notes == ()


def test_an_output_without_tokenizer_is_noted_and_the_ingredients_still_compared(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    workshop.model("base", workshop.llama(3))
    document = {**recipe, "base_model": "./base"}
    for name in "ab":
        give(workshop, name, "tokenizer.json", TOKENS)
    assert workshop.plan(document).notes == (
        "./base is not merged: linear has no base; only its tokenizer counts",
        "the output has no tokenizer: ./base has none, ./a has one",
    )
    give(workshop, "b", "tokenizer.json", PERMUTED)
    with pytest.raises(PlanError, match="differ in 6 ids"):
        workshop.plan(document)


def test_a_tokenizer_with_more_ids_than_there_are_rows_is_noted(
    workshop: Any, recipe: dict[str, Any]
) -> None:
    for name in "ab":
        give(workshop, name, "tokenizer.json", [f"t{i}" for i in range(20)])
    assert (
        "ids up to 19; the embeddings of the output have 16 rows" in workshop.plan(recipe).notes[0]
    )


@pytest.mark.parametrize("key", ["base_model", "tokenizer_source"])
def test_a_tokenizer_of_a_larger_embedding_than_the_outputs_is_refused(
    workshop: Any, recipe: dict[str, Any], key: str
) -> None:
    for name in "ab":
        give(workshop, name, "tokenizer.json", [f"t{i}" for i in range(16)])
    workshop.model("wide", workshop.llama(2, vocabulary=19))
    give(workshop, "wide", "tokenizer.json", [f"t{i}" for i in range(19)])
    with pytest.raises(EngineError, match=r"of \./wide has ids up to 18; .* output have 16 rows"):
        workshop.plan({**recipe, key: "./wide"})
    models = [{"model": "./wide"}, {"model": "./a"}]
    narrowed = {"merge_method": "linear", "allow_submatrix": True}
    with pytest.raises(PlanError, match="ids up to 18"):
        workshop.plan({**narrowed, "models": models})
    (note,) = workshop.plan({**narrowed, "models": models[::-1]}).notes
    tokens = "3 tokens ('t16' (id 16), 't17' (id 17), 't18' (id 18))"
    assert note == f"./wide has {tokens}, which ./a lacks; the output has no rows for them"


@pytest.mark.parametrize("options", [{"tokens": {"<x>": {}}}, {"pad_to_multiple_of": 64}])
def test_options_of_the_tokenizer_that_need_new_rows_are_not_built_yet(
    workshop: Any, recipe: dict[str, Any], options: dict[str, Any]
) -> None:
    document = {**recipe, "base_model": "./a", "tokenizer": {"source": "base", **options}}
    with pytest.raises(NotSupportedError, match="not built yet"):
        workshop.plan(document)


def test_the_canonical_form_of_a_recipe_without_the_option_is_what_it_was() -> None:
    from mergehub.recipe import parse_recipe
    from mergehub.recipe.canonical import canonical_document, recipe_digest

    text = "{merge_method: linear, models: [{model: a}, {model: b}], same_token_ids: %s}"
    without, said = parse_recipe(text % "false"), parse_recipe(text % "true")
    assert "same_token_ids" not in canonical_document(without)
    assert canonical_document(said)["same_token_ids"] is True
    assert recipe_digest(without) != recipe_digest(said)
