"""A config.json with an invalid depth or kind is refused before the merge, by its key."""

from __future__ import annotations

from typing import Any

import pytest

from merge_worker.engine import CheckpointError

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"num_hidden_layers": 10**18}, "num_hidden_layers must be a whole number from 0 to 100000"),
    ({"num_hidden_layers": -1}, "num_hidden_layers must be a whole number.*not -1"),
    ({"num_hidden_layers": "4"}, "num_hidden_layers must be a whole number.*not '4'"),
    ({"num_hidden_layers": [2, 2]}, "num_hidden_layers must be a whole number"),
    ({"num_hidden_layers": 2.0}, "num_hidden_layers must be a whole number"),
    ({"num_hidden_layers": True}, "num_hidden_layers must be a whole number.*not True"),
    ({"num_hidden_layers": float("inf")}, "num_hidden_layers must be a whole number.*not inf"),
    ({"num_hidden_layers": float("nan")}, "is not JSON: NaN"),
    ({"text_config": {"n_layer": "x"}}, r"text_config\.n_layer must be a whole number"),
    ({"a": {"b": {"depth": "deep"}}}, r"a\.b\.depth must be a whole number"),
    ({"model_type": 3}, "model_type must be text, not 3"),
    ({"architectures": "x"}, "architectures must be a list of texts, not 'x'"),
    ({"architectures": [1]}, r"architectures must be a list of texts, not \[1\]"),
]
RIGHT: list[dict[str, Any]] = [
    {"num_hidden_layers": None, "n_layer": 2},
    {"num_hidden_layers": 2, "num_layers": 0},
    {"num_attention_heads": [4, 2], "num_hidden_layers": 2},
    {"vision_config": {"depth": [1, 2, 10]}},
    {"model_type": None, "architectures": None},
    {"text_config": None},
]


@pytest.mark.parametrize(("more", "words"), WRONG)
def test_a_depth_or_a_kind_of_another_type_is_refused_by_its_key(
    workshop: Any, more: dict[str, Any], words: str
) -> None:
    workshop.model("a", workshop.llama(0), config={**workshop.llama_config(), **more})
    workshop.model("b", workshop.llama(1))
    recipe = {"merge_method": "linear", "models": [{"model": "./b"}, {"model": "./a"}]}
    with pytest.raises(CheckpointError, match=rf"a/config\.json.*{words}"):
        workshop.plan(recipe)


@pytest.mark.parametrize("more", RIGHT)
def test_what_models_have_under_these_keys_is_merged(workshop: Any, more: dict[str, Any]) -> None:
    workshop.model("a", workshop.llama(0), config={**workshop.llama_config(), **more})
    workshop.plan({"merge_method": "linear", "models": [{"model": "./a"}]})


def test_a_model_with_fewer_layers_than_its_configuration_says_is_refused(workshop: Any) -> None:
    workshop.model(
        "a", workshop.llama(0), config={**workshop.llama_config(), "num_hidden_layers": 5}
    )
    with pytest.raises(CheckpointError, match=r"a lacks layers.* has 2 layers.*hidden_layers: 5"):
        workshop.plan({"merge_method": "linear", "models": [{"model": "./a"}]})


@pytest.mark.parametrize(
    "config",
    [
        {"num_hidden_layers": 1},  # plus layers that predict further tokens
        {"num_hidden_layers": 5, "decoder_layers": 2},
        {"num_hidden_layers": None},
        {"num_hidden_layers": None, "vision_config": {"depth": 9}},
    ],
)
def test_layers_that_some_key_allows_are_merged(workshop: Any, config: dict[str, Any]) -> None:
    workshop.model("a", workshop.llama(0), config={**workshop.llama_config(), **config})
    workshop.plan({"merge_method": "linear", "models": [{"model": "./a"}]})


def test_layers_that_are_shared_are_not_missing(workshop: Any) -> None:
    """ALBERT runs one layer as often as its depth says."""
    shared = {
        name.replace("model.layers.", "albert.encoder.albert_layer_groups."): tensor
        for name, tensor in workshop.llama(0).items()
    }
    workshop.model("a", shared, config={"model_type": "albert", "num_hidden_layers": 12})
    workshop.plan({"merge_method": "linear", "models": [{"model": "./a"}]})
