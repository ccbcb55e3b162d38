"""A method that is a NumPy function of whole tensors computes, counts and resumes like others."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tries import tries

from merge_worker.engine import (
    MergeOptions,
    MethodError,
    OutOfMemoryError,
    Part,
    ResumeError,
    merge_part,
    methods,
    peak_memory,
)
from merge_worker.engine.method_files import method_file
from merge_worker.engine.methods import added, discover
from merge_worker.engine.numpy_methods import Parameter, numpy_method
from mergehub.cli.main import main
from mergehub.recipe import RecipeError, parse_to_merge
from tools import method_catalogue

LINEAR = '''
"""Linear in NumPy: θ = Σ wᵢθᵢ / Σ wᵢ."""

from merge_worker.engine.numpy_methods import numpy_method


def merge(tensors, weights):
    return sum(w * t for w, t in zip(weights, tensors)) / sum(weights)


METHOD = numpy_method(
    merge, name="numpy_linear", summary="The weighted average.", formula="θ = Σ wᵢθᵢ / Σ wᵢ"
)
'''


@pytest.fixture
def linear_file(tmp_path: Path) -> Path:
    file = tmp_path / "mine.py"
    file.write_text(LINEAR)
    return file


def declared(function: Callable[..., Any], **more: Any) -> Any:
    """A method that is known within a block."""
    facts = {"name": "example", "summary": "An example.", "formula": "θ", **more}
    return added(numpy_method(function, **facts))


def recipe(names: list[str], method: str = "numpy_linear", **fields: Any) -> dict[str, Any]:
    listed = [
        {"model": name, "parameters": {"weight": 0.5 + i}} if method == "numpy_linear"
        else {"model": name}
        for i, name in enumerate(names)
    ]  # fmt: skip
    return {"merge_method": method, "models": listed, **fields}


def models(workshop: Any, count: int, dtype: str = "BF16", **sizes: int) -> list[Any]:
    """The tensors of some models, rounded as they are stored; m0, m1 … are their folders."""
    tensors = [workshop.llama(seed, **sizes) for seed in range(count)]
    for i, each in enumerate(tensors):
        workshop.model(f"m{i}", each, dtype)
    return [{n: workshop.rounded(t, dtype) for n, t in each.items()} for each in tensors]


# What is computed.


@settings(
    max_examples=tries(5),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    weights=st.lists(st.floats(0.05, 4), min_size=1, max_size=4),
    dtype=st.sampled_from(["BF16", "F16", "F32"]),
    out=st.sampled_from([None, "bfloat16", "float16", "float32"]),
    seed=st.integers(0, 2**31),
)
def test_linear_in_numpy_is_the_average_in_float64_rounded_once(
    tmp_path_factory: Any, workshop: Any, linear_file: Path,
    weights: list[float], dtype: str, out: str | None, seed: int,
) -> None:  # fmt: skip
    shop = type(workshop)(tmp_path_factory.mktemp("linear"))
    tensors = [shop.llama(seed + i) for i in range(len(weights))]
    listed = [
        {"model": shop.model(f"m{i}", t, dtype), "parameters": {"weight": w}}
        for i, (t, w) in enumerate(zip(tensors, weights, strict=True))
    ]
    document = {"merge_method": "numpy_linear", "models": listed}
    with method_file(linear_file):
        found = shop.merged(document | ({"out_dtype": out} if out else {}))
    step = {"bfloat16": 2.0**-8, "float16": 2.0**-11, "float32": 2.0**-22}
    stored = {"BF16": "bfloat16", "F16": "float16", "F32": "float32"}[dtype]
    for name, values in found.items():
        parts = [np.float64(w) * shop.rounded(t[name], dtype).astype(np.float64)
                 for w, t in zip(weights, tensors, strict=True)]  # fmt: skip
        expected = sum(parts) / sum(weights)
        scale = sum(map(np.abs, parts)) / sum(weights)
        assert (np.abs(values - expected) <= step[out or stored] * 1.01 * scale + 1e-7).all()


@pytest.mark.parametrize("out", ["bfloat16", "float16", "float32"])
def test_values_are_rounded_and_counted_as_compiled_methods_do(workshop: Any, out: str) -> None:
    tensors = workshop.llama(1)
    odd = [np.nan, np.inf, -np.inf, 3.4e38, 65519, 65520, 1e-40, -0.0]
    tensors["lm_head.weight"][0] = odd
    name = workshop.model("m", tensors, "F32")
    compiled = {"merge_method": "linear", "models": [{"model": name}, {"model": name}],
                "out_dtype": out}  # fmt: skip
    first = workshop.merge(compiled, "compiled")

    @np.errstate(over="ignore", invalid="ignore")
    def average(tensors: Any) -> Any:
        return (np.float32(0) + tensors[0] + tensors[1]) / 2

    with declared(average):
        second = workshop.merge({**compiled, "merge_method": "example"}, "in_numpy")
    assert second.output_digest == first.output_digest
    assert second.nonfinite == first.nonfinite != {}
    assert second.made == first.made != {}


def test_a_function_gets_what_it_asks_for_by_name(workshop: Any) -> None:
    stored = models(workshop, 3)
    seen: dict[str, Any] = {}

    def merge(tensors: Any, base: Any, weights: Any, name: str, lambda_: Any, keep: Any) -> Any:
        seen[name] = (tensors, base, weights, lambda_, keep)
        return base

    parameters = [
        Parameter(name="lambda", type="float", doc="Scales.", default=1.0, scope="recipe"),
        Parameter(name="keep", type="int", doc="How many.", required=True, minimum=1),
    ]
    document = {
        "merge_method": "example",
        "base_model": "./m0",
        "models": [
            {"model": "./m2", "parameters": {"weight": 0.25, "keep": 3}},
            {"model": "./m1", "parameters": {"keep": 4}},
        ],
        "parameters": {"lambda": 0.5},
    }
    with declared(merge, base="required", parameters=parameters):
        workshop.merge(document)
    assert seen.keys() == stored[0].keys()
    for name, (tensors, base, weights, lambda_, keep) in seen.items():
        assert {each.dtype for each in (*tensors, base)} == {np.dtype(np.float32)}
        for given_, expected in zip([base, *tensors], [stored[i] for i in (0, 2, 1)], strict=True):
            np.testing.assert_array_equal(given_, expected[name])
        assert (weights, lambda_, keep) == ([0.25, 1.0], 0.5, [3, 4])


def test_an_optional_base_that_is_not_given_is_none(workshop: Any) -> None:
    models(workshop, 1)
    with declared(lambda tensors, base: tensors[0] if base is None else base, base="optional"):
        workshop.merge(recipe(["./m0"], "example"))


def test_an_adapter_is_added_before_the_function_sees_the_tensor(workshop: Any) -> None:
    (stored,) = models(workshop, 1)
    name, draw = "model.layers.0.self_attn.q_proj.weight", np.random.default_rng(3)
    left, right = draw.standard_normal((8, 2)), draw.standard_normal((2, 8))
    prefix = "base_model.model.model.layers.0.self_attn.q_proj"
    workshop.adapter(
        "lora",
        {f"{prefix}.lora_A.weight": right, f"{prefix}.lora_B.weight": left},
        r=2, lora_alpha=4, target_modules=["q_proj"],
    )  # fmt: skip
    with declared(lambda tensors: tensors[0]):
        found = workshop.merged(recipe(["./m0+./lora"], "example", out_dtype="float32"))
    expected = stored[name] + 2 * np.float32(left) @ np.float32(right)
    np.testing.assert_allclose(found[name], expected, rtol=1e-5, atol=1e-6)


def test_slices_give_each_layer_its_own_operands(workshop: Any) -> None:
    stored = models(workshop, 2)
    sources = [{"model": "./m0", "layer_range": [1, 2]}, {"model": "./m1", "layer_range": [0, 1]}]
    document = {
        "merge_method": "example",
        "slices": [{"sources": sources}, {"sources": sources[::-1]}],
        "dtype": "float32",
    }
    with declared(lambda tensors: tensors[0] - tensors[1]):
        found = workshop.merged(document)
    names = [f"model.layers.{i}.mlp.up_proj.weight" for i in (0, 1)]
    first, second = stored[0][names[1]], stored[1][names[0]]
    np.testing.assert_array_equal(found[names[0]], first - second)
    np.testing.assert_array_equal(found[names[1]], second - first)


def test_a_scalar_and_an_empty_tensor_are_merged_too(workshop: Any) -> None:
    odd = {"model.scale": np.array(3, np.float32), "model.empty": np.zeros((0, 8), np.float32)}
    workshop.model("m0", workshop.llama(0) | odd, "F32")
    with declared(lambda tensors: tensors[0] * 2):
        found = workshop.merged(recipe(["./m0"], "example"))
    assert (found["model.scale"], found["model.empty"].shape) == (6, (0, 8))


@pytest.mark.parametrize("made", [np.float16, np.float64])
def test_what_a_function_returns_may_be_its_argument_strided_wide_or_read_only(
    workshop: Any, made: Any
) -> None:
    (stored,) = models(workshop, 1, "F32")

    def merge(tensors: Any) -> Any:
        tensors[0] *= 2  # its own
        turned = np.asfortranarray(tensors[0].astype(made))
        turned.flags.writeable = False
        return turned

    with declared(merge):
        found = workshop.merged(recipe(["./m0"], "example"))
    for name, values in found.items():
        np.testing.assert_array_equal(values, (2 * stored[name]).astype(made).astype(np.float32))


# The same bytes, wherever and whenever a tensor is computed.


class Noisy:
    """Adds noise to the only model; notes the tensors, and fails once on one of them."""

    def __init__(self) -> None:
        self.computed: list[str] = []
        self.fails_on = ""

    def method(self) -> Any:
        def merge(tensors: Any, rng: np.random.Generator, name: str) -> Any:
            if name == self.fails_on:
                raise ValueError(name)
            self.computed.append(name)
            return tensors[0] + rng.standard_normal(tensors[0].shape)

        return declared(merge)


@pytest.fixture
def noisy() -> Iterator[Noisy]:
    found = Noisy()
    with found.method():
        yield found


def test_threads_blocks_parts_and_resuming_change_no_byte(workshop: Any, noisy: Noisy) -> None:
    models(workshop, 1, vocabulary=40_003)  # several blocks
    document = recipe(["./m0"], "example")
    digests = {
        workshop.merge(document, f"out{threads}", threads=threads, block=block).output_digest
        for threads, block in [(1, 1), (2, 100_000), (4, 1 << 20)]
    }
    plan = workshop.plan(document)
    parts = [merge_part(plan, workshop.folder / "parts", Part(i, 3)) for i in (3, 1, 2)]
    noisy.computed, noisy.fails_on = [], "model.norm.weight"
    with pytest.raises(MethodError):
        merge_part(plan, workshop.folder / "resumed", Part(), MergeOptions(threads=1))
    begun, noisy.fails_on = list(noisy.computed), ""
    resumed = merge_part(plan, workshop.folder / "resumed", Part())
    assert {result.output_digest for result in (parts[2], resumed)} == digests
    assert len(digests) == 1
    assert begun
    assert sorted(noisy.computed) == sorted(tensor.name for tensor in plan.tensors)


def test_draws_depend_on_the_seed_and_the_tensor_alone(workshop: Any, noisy: Noisy) -> None:
    models(workshop, 1)
    (workshop.folder / "m0").rename(workshop.folder / "renamed")
    document = recipe(["./renamed"], "example", out_dtype="float32")
    found = workshop.merged(document, seed=7)
    name = "model.norm.weight"
    key = int.from_bytes(sha256(f"7\0\0{name}".encode()).digest()[:8], "little")
    drawn = np.random.Generator(np.random.Philox(key=key)).standard_normal(8)
    stored = workshop.read(workshop.folder / "renamed")[name]
    np.testing.assert_allclose(found[name], stored + drawn, rtol=1e-6)


def test_tensors_held_whole_take_no_more_than_the_largest_and_the_plan_counts_them(
    workshop: Any,
) -> None:
    models(workshop, 2, vocabulary=5000, layers=12)
    lock, held, most = threading.Lock(), [0], [0]

    def merge(tensors: Any) -> Any:
        with lock:
            held[0] += tensors[0].size
            most[0] = max(most[0], held[0])
        made = (tensors[0] + tensors[1]) / 2
        with lock:
            held[0] -= tensors[0].size
        return made

    with declared(merge):
        plan = workshop.plan(recipe(["./m0", "./m1"], "example"))
        alone, three = peak_memory(plan, 1), peak_memory(plan, 3)
        workshop.merge(recipe(["./m0", "./m1"], "example"), threads=3)
    largest = 5000 * 8
    assert most[0] <= largest
    whole = 4 * largest * (2 + 2 + 1)  # operands, as many of the function's own, the result
    assert whole <= alone <= whole + 40 * largest
    assert three - alone == 2 * (alone - whole)


def test_a_gpu_is_left_alone_and_the_bytes_are_those_of_the_processor(
    workshop: Any, linear_file: Path
) -> None:
    models(workshop, 2)
    document = recipe(["./m0", "./m1"])
    with method_file(linear_file):
        first = workshop.merge(document, "cpu")
        second = workshop.merge(document, "gpu", device="cuda")
        suited = MergeOptions(device="cuda").suited(workshop.plan(document))
    assert first.output_digest == second.output_digest
    assert suited == MergeOptions()


# Errors.


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda tensors: tensors[0][1:], r"it returned the shape \(\d+,.*, not \(\d+,"),
        (lambda tensors: tensors[0] > 0, "it returned bool, not floating-point numbers"),
        (lambda tensors: tensors[0] * 1j, "it returned complex64, not floating-point numbers"),
        (lambda tensors: None, "it returned object, not floating-point numbers"),
        (lambda tensors: tensors[3], rf"IndexError: .* \({__file__}, line \d+\)"),
    ],
)
def test_a_function_that_fails_is_named_with_the_tensor_and_the_line(
    workshop: Any, function: Callable[..., Any], message: str
) -> None:
    models(workshop, 1)
    with declared(function), pytest.raises(MethodError, match=message) as raised:
        workshop.merge(recipe(["./m0"], "example"))
    assert str(raised.value).startswith("the method example failed on '")
    assert not (workshop.folder / "out").exists()


def test_too_little_memory_is_called_so(workshop: Any) -> None:
    models(workshop, 1)
    with (
        declared(lambda tensors: np.ones(1 << 58)),
        pytest.raises(OutOfMemoryError, match=r"for example on '.*', a tensor held whole"),
    ):
        workshop.merge(recipe(["./m0"], "example"))


PARAMETER = Parameter(name="keep", type="float", doc="How much.", default=1.0)


@pytest.mark.parametrize(
    ("function", "facts", "message"),
    [
        (lambda weights: 0, {}, "must take the argument 'tensors'"),
        (lambda tensors, kept: 0, {"parameters": [PARAMETER]}, "takes 'kept': declare it"),
        (lambda tensors: 0, {"parameters": [PARAMETER]}, "must take the argument 'keep'"),
        (lambda tensors: 0, {"base": "required"}, "must take the argument 'base'"),
        (lambda tensors, base: 0, {}, 'declare base="required"'),
        (lambda tensors, *rest: 0, {}, r"takes \*rest: give each argument a plain name"),
        (lambda tensors, keep: 0, {"parameters": [PARAMETER] * 2}, "declares 'keep', a name that"),
        (np.mean, {"name": "Mean-1"}, "'Mean-1' is not a name for a method"),
        (3, {}, "must be given a function, not int"),
    ],
)  # fmt: skip
def test_a_declaration_that_does_not_fit_its_function_is_refused(
    function: Any, facts: dict[str, Any], message: str
) -> None:
    with pytest.raises(MethodError, match=message), declared(function, **facts):
        pass


# Files.


FAULTY = {
    "def merge(tensors:": r"'\(' was never closed \(.*mine.py, line 1\)",
    "import nothing_of_this_name": r"ModuleNotFoundError: .*mine.py, line 1\)",
    "x = 1\nraise SystemExit": r"SystemExit \(.*mine.py, line 2\)",
    "METHOD = 3": r"mine.py declares no method: add METHOD = numpy_method",
    LINEAR.replace("weights)", "weight)", 1): r"takes 'weight': .*mine.py, line 11\)",
    LINEAR.replace("numpy_linear", "ties"): r"mine.py: there is already a method 'ties'",
    LINEAR.replace('"θ = Σ wᵢθᵢ / Σ wᵢ"', "3"): r"MethodSpec formula: .*mine.py, line 11\)",
    "x = '\0'": r"null bytes",
}


@pytest.mark.parametrize("text", FAULTY)
def test_a_file_that_cannot_be_used_is_named_with_the_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(text)
    known = dict(discover())
    with pytest.raises(MethodError, match=FAULTY[text]), method_file(file):
        pass
    assert discover() == known


def test_a_file_is_known_within_the_block_alone(workshop: Any, linear_file: Path) -> None:
    models(workshop, 2)
    before = set(sys.modules)
    with method_file(linear_file) as method:
        assert discover()["numpy_linear"] is method
    assert "numpy_linear" not in discover()
    assert set(sys.modules) == before


def test_the_output_says_which_file_it_depends_on(workshop: Any, linear_file: Path) -> None:
    models(workshop, 2)
    with method_file(linear_file):
        workshop.merge(recipe(["./m0", "./m1"]))
    digest = sha256(LINEAR.encode()).hexdigest()
    out = workshop.folder / "out"
    manifest, lock = (
        json.loads((out / name).read_text()) for name in ("manifest.json", "mergehub.lock.json")
    )
    assert manifest["method_file"] == {"name": "mine.py", "sha256": digest}
    assert lock["method_file"] == digest
    card = (out / "README.md").read_text()
    assert f"it was read from mine.py with the SHA-256 {digest}" in card
    workshop.merge(recipe(["./m0", "./m1"], "linear"), "plain")
    for name in ("manifest.json", "mergehub.lock.json"):
        assert "method_file" not in json.loads((workshop.folder / "plain" / name).read_text())


def test_another_version_of_the_file_does_not_go_on_with_what_the_first_made(
    workshop: Any, linear_file: Path
) -> None:
    models(workshop, 2)
    out = workshop.folder / "out"
    with method_file(linear_file):
        plan = workshop.plan(recipe(["./m0", "./m1"]))
        assert merge_part(plan, out, Part(1, 2)) is None
    linear_file.write_text(LINEAR.replace("/ sum(weights)", "* 2"))
    with method_file(linear_file):
        changed = workshop.plan(recipe(["./m0", "./m1"]))
        with pytest.raises(ResumeError, match="another merge"):
            merge_part(changed, out, Part(2, 2))
    linear_file.write_text(LINEAR)
    with method_file(linear_file):
        assert merge_part(plan, out, Part(2, 2)) is not None


# Adding a method by adding a file.

MEDIAN = '''
"""Median: θ = median of the θᵢ, element by element."""

import numpy as np

from merge_worker.engine.numpy_methods import numpy_method


def merge(tensors):
    return np.median(tensors, axis=0)


METHOD = numpy_method(
    merge, name="median", summary="The median of each element.", formula="θ = median θᵢ"
)
'''


@pytest.fixture
def median(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A method in a file dropped beside the others."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "median.py").write_text(MEDIAN)
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(folder)])
    monkeypatch.setattr("mergehub.recipe.methods._registered", {})
    discover.cache_clear()
    discover()
    yield "median"
    discover.cache_clear()
    sys.modules.pop("merge_worker.engine.methods.median", None)


def test_a_file_in_numpy_beside_the_others_is_a_method_of_the_shell(
    workshop: Any, median: str, tmp_path: Path
) -> None:
    stored = models(workshop, 4, "F32")
    file = workshop.folder / "recipe.yml"
    file.write_text(yaml.safe_dump(recipe([f"./m{i}" for i in range(4)], median)))
    said = CliRunner().invoke(main, ["merge", str(file), str(workshop.folder / "out")])
    assert said.exit_code == 0, said.output
    for name, values in workshop.read(workshop.folder / "out").items():
        ordered = np.sort(np.stack([each[name] for each in stored]).astype(np.float64), axis=0)
        np.testing.assert_allclose(values, (ordered[1] + ordered[2]) / 2, rtol=1e-6, atol=1e-7)
    catalogue, docs = tmp_path / "methods.json", tmp_path / "docs"
    places = ["--file", str(catalogue), "--docs", str(docs), "--page", str(tmp_path / "page.json")]
    assert method_catalogue.main(["--write", *places]) == 0
    assert '"median"' in catalogue.read_text()
    assert "element by element" in (docs / "median.md").read_text()


# At the shell.


def shell(*words: object) -> Any:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def recipe_file(workshop: Any) -> Path:
    models(workshop, 2)
    file: Path = workshop.folder / "recipe.yml"
    file.write_text(yaml.safe_dump(recipe(["./m0", "./m1"])))
    return file


def test_the_shell_knows_a_file_where_it_is_named_and_nowhere_else(
    recipe_file: Path, linear_file: Path
) -> None:
    out = recipe_file.with_name("out")
    for words in (["check", recipe_file], ["plan", recipe_file], ["merge", recipe_file, out]):
        assert "there is no merge method 'numpy_linear'" in shell(*words).stderr
        said = shell(*words, "--method-file", linear_file)
        assert said.exit_code == 0, said.output
        assert "there is no merge method 'numpy_linear'" in shell(*words).stderr
    assert out.is_dir()


@pytest.mark.parametrize("command", ["publish", "submit", "evaluate", "methods", "retry"])
def test_what_reaches_a_hub_takes_no_file(recipe_file: Path, command: str) -> None:
    said = shell(command, recipe_file, "--method-file", recipe_file)
    assert (said.exit_code, "No such option" in said.stderr) == (2, True)


def test_a_worker_does_not_know_the_method_of_a_file(linear_file: Path) -> None:
    text = yaml.safe_dump(recipe(["./m0", "./m1"]))
    with pytest.raises(RecipeError, match="there is no merge method 'numpy_linear'"):
        parse_to_merge(text)  # as `merge_run` reads it
    with method_file(linear_file):
        assert parse_to_merge(text).recipe.merge_method == "numpy_linear"


def test_the_plan_and_the_merge_say_that_the_method_is_the_users_own(
    recipe_file: Path, linear_file: Path
) -> None:
    digest = sha256(LINEAR.encode()).hexdigest()
    said = shell("plan", recipe_file, "--json", "--method-file", linear_file)
    (note,) = json.loads(said.stdout)["notes"]
    assert digest in note
    assert "plus the time of mine.py" in " ".join(
        shell("plan", recipe_file, "--method-file", linear_file).stdout.split()
    )
    out = recipe_file.with_name("out")
    said = shell(
        "merge", recipe_file, out, "--json", "--device", "cuda", "--method-file", linear_file
    )
    assert json.loads(said.stdout)["notes"] == [
        note,
        "numpy_linear is a NumPy function: the processor computes it, not cuda",
    ]


def test_a_faulty_file_and_a_failing_function_end_in_one_line(
    recipe_file: Path, linear_file: Path
) -> None:
    linear_file.write_text("def merge(")
    said = shell("check", recipe_file, "--method-file", linear_file)
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == (
        f"Error: the method file cannot be used: '(' was never closed ({linear_file}, line 1)\n"
    )
    said = shell("check", recipe_file, "--json", "--method-file", linear_file)
    assert "was never closed" in json.loads(said.stderr)["error"]
    linear_file.write_text(LINEAR.replace("sum(w * t", "sum(w * t[1:]"))
    out = recipe_file.with_name("out")
    said = shell("merge", recipe_file, out, "--method-file", linear_file)
    assert said.exit_code == 1
    assert "Error: the method numpy_linear failed on 'model.layers." in said.stderr
    assert "it returned the shape" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.process
def test_parts_in_processes_of_their_own_make_the_same_bytes(
    workshop: Any, recipe_file: Path, linear_file: Path
) -> None:
    with method_file(linear_file):
        expected = workshop.merge(recipe(["./m0", "./m1"]), "whole").output_digest
    command = [Path(sys.executable).with_name("mergehub"), "merge", recipe_file,
               workshop.folder / "parts", "--method-file", linear_file]  # fmt: skip
    said = [
        subprocess.run([*command, "--part", f"{i}/2"], check=True, capture_output=True, text=True)
        for i in (1, 2)
    ]
    assert expected in said[1].stdout
