"""Folders that strangers made: however odd, a plan of them ends soon, with a result or an error."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strange_folders import CORPUS, INDEX, TENSOR, header, put, sound
from tries import tries

from merge_worker.engine import EngineError, Plan, Sources, merge, plan_merge
from mergehub.recipe import parse_recipe

pytestmark = pytest.mark.slow

RECIPE = "{merge_method: linear, dtype: float32, models: [{model: ./m}, {model: ./m2}]}"
SECONDS = 20
"""The limit for work of milliseconds, on a machine that is busy."""


def planned(root: Path, recipe: str = RECIPE) -> Plan:
    return plan_merge(parse_recipe(recipe), Sources(roots=(root,), offline=True))


def outcome(root: Path) -> Plan | str:
    """The plan, or the error that says why there is none; nothing else may be raised."""
    try:
        return planned(root)
    except EngineError as error:
        said = str(error)
        assert all(character.isprintable() or character == "\n" for character in said)
        said.encode()
        return said


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize("place", ["m", "m2"])
@pytest.mark.parametrize("name", CORPUS)
def test_a_strange_folder_is_planned_or_refused_in_a_sentence(
    tmp_path: Path, name: str, place: str
) -> None:
    for each in ("m", "m2"):
        sound(tmp_path / each)
    CORPUS[name](tmp_path / place)
    found = outcome(tmp_path)
    if isinstance(found, Plan):
        json.dumps(found.to_json()).encode()
        assert merge(found, tmp_path / "out").folder == tmp_path / "out"


@pytest.mark.timeout(SECONDS)
@pytest.mark.parametrize(
    "reference",
    [
        "./" + "n" * 300,
        "./" + "n" * 1000,
        "/" + "n/" * 500,
        "./m/" + "../m/" * 200,
        "./loop",
        "./loop/m",
        "./file",
        "./pipe",
        "./device",
        "~",
        "~root",
        "n" * 300,
        "a/" + "n" * 300,
        "..",
        ".",
        "/",
        "//",
        "///dev/zero",
        "./m/config.json",
        "./m/model.safetensors",
        "./m+./m",
        "./m+./gone",
        "./gone+./m",
        "s3://bucket/x",
        "file:///etc",
        "run:00000000-0000-0000-0000-000000000000",
        "models--org--name",
        "a@../../x",
        "ü/ß",
        "‮",
    ],
)
def test_a_strange_reference_is_refused_in_a_sentence(tmp_path: Path, reference: str) -> None:
    for each in ("m", "m2"):
        sound(tmp_path / each)
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "device").symlink_to("/dev/zero")
    document = {"merge_method": "linear", "models": [{"model": "./m"}, {"model": reference}]}
    try:
        recipe = parse_recipe(json.dumps(document))
    except ValueError:
        return
    try:
        plan_merge(recipe, Sources(roots=(tmp_path,), cache_dir=tmp_path / "hub", offline=True))
    except EngineError:
        return
    assert Path(tmp_path, reference).resolve() == tmp_path / "m"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, 1, 2, 8, -1, 2**31, 2**63, 10**30])
    | st.floats()
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=8,
)


def mutated(document: Any) -> st.SearchStrategy[Any]:
    """A document in which one value, anywhere, is replaced, added or removed."""
    places = list(_places(document))
    return st.builds(
        lambda place, value, remove: _changed(document, place, value, remove),
        st.sampled_from(places),
        JSON,
        st.booleans(),
    )


def _places(value: Any, at: tuple[Any, ...] = ()) -> Any:
    yield at
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _places(inner, (*at, key))


def _changed(document: Any, place: tuple[Any, ...], value: Any, remove: bool) -> Any:
    if not place:
        return value
    copy = json.loads(json.dumps(document))
    inner = copy
    for key in place[:-1]:
        inner = inner[key]
    if remove:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return copy


CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "num_hidden_layers": 1,
    "tie_word_embeddings": False,
    "vocab_size": 2,
    "dtype": "float32",
    "text_config": {"num_hidden_layers": 1, "layer_types": ["full_attention"]},
    "quantization_config": None,
}
TOKENIZER = {
    "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": ["a b"]},
    "added_tokens": [{"id": 2, "content": "<s>", "special": True}],
}
WEIGHTS = {
    "__metadata__": {"format": "pt"},
    "model.layers.0.a": TENSOR,
    "b": {**TENSOR, "data_offsets": [8, 16]},
}
ADAPTER = {
    "peft_type": "LORA",
    "r": 1,
    "lora_alpha": 2,
    "rank_pattern": {"a": 1},
    "alpha_pattern": {"a": 2},
    "use_rslora": False,
    "bias": "none",
    "fan_in_fan_out": False,
}
SHARDS = {"metadata": {"total_size": 8}, "weight_map": {"model.norm.weight": "model.safetensors"}}

quick = settings(
    max_examples=tries(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def two(tmp_path: Path) -> Path:
    for each in ("m", "m2"):
        sound(tmp_path / each)
    return tmp_path


@quick
@given(document=mutated(CONFIG))
def test_any_config_is_planned_or_refused(two: Path, document: Any) -> None:
    put("config.json", document)(two / "m")
    outcome(two)


@quick
@given(document=mutated(TOKENIZER))
def test_any_tokenizer_is_planned_or_refused(two: Path, document: Any) -> None:
    put("tokenizer.json", document)(two / "m")
    outcome(two)


@quick
@given(document=mutated(SHARDS))
def test_any_index_is_planned_or_refused(two: Path, document: Any) -> None:
    put(INDEX, document)(two / "m")
    outcome(two)


@quick
@given(document=mutated(WEIGHTS))
def test_any_header_is_planned_or_refused(two: Path, document: Any) -> None:
    header(document, 16)(two / "m")
    outcome(two)


@quick
@given(data=st.binary(max_size=200), at=st.integers(0, 300), name=st.sampled_from(["m", "m2"]))
def test_any_bytes_in_the_weights_are_planned_or_refused(
    two: Path, data: bytes, at: int, name: str
) -> None:
    sound_header = json.dumps(WEIGHTS).encode()
    whole = len(sound_header).to_bytes(8, "little") + sound_header + bytes(16)
    put("model.safetensors", whole[:at] + data + whole[at + len(data) :])(two / name)
    outcome(two)


@quick
@given(document=mutated(ADAPTER))
def test_any_adapter_is_planned_or_refused(two: Path, document: Any) -> None:
    folder = two / "lora"
    folder.mkdir(exist_ok=True)
    put("adapter_config.json", document)(folder)
    sides = {
        "base_model.model.a.lora_A.weight": {**TENSOR, "shape": [1, 2]},
        "base_model.model.a.lora_B.weight": {
            "dtype": "F32",
            "shape": [2, 1],
            "data_offsets": [8, 16],
        },
    }
    header(sides, 16)(folder)
    (folder / "model.safetensors").replace(folder / "adapter_model.safetensors")
    for each in ("m", "m2"):
        header({"a.weight": {**TENSOR, "shape": [2, 2], "data_offsets": [0, 16]}}, 16)(two / each)
    recipe = RECIPE.replace("./m2", "./m2+./lora")
    try:
        planned(two, recipe)
    except EngineError as error:
        str(error).encode()
