"""Properties that every merge method must have, including one added as a file."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from merge_worker.engine import digest_of_folder, methods
from merge_worker.engine.methods import discover
from mergehub.cli.main import main
from mergehub.recipe.methods import MethodSpec, ParameterSpec
from tools import method_catalogue as command

ROWS = {"vocabulary": 40_003}
"""Embeddings of 320,024 elements, which take several blocks."""


def recipe_of(method: str, names: list[str], base: str, **fields: Any) -> dict[str, Any]:
    """A recipe of a method with as many models as it takes and parameters that have an effect."""
    spec = discover()[method].spec
    room = (spec.max_models or len(names)) - (spec.base == "member")
    models = [{"model": name, "parameters": _values(spec, "model")} for name in names[:room]]
    document: dict[str, Any] = {"merge_method": method, "models": models, **fields}
    if spec.base != "none":
        document["base_model"] = base
    return {**document, "parameters": _values(spec, "recipe")}


def _values(spec: MethodSpec, scope: str) -> dict[str, Any]:
    """Densities, fractions and other required numbers are 0.3; the rest have their defaults."""
    return {each.name: 0.3 for each in spec.parameters if each.scope == scope and _telling(each)}


def _telling(parameter: ParameterSpec) -> bool:
    fraction = parameter.minimum == 0 and parameter.maximum == 1 and parameter.type == "float"
    return parameter.required or (fraction and parameter.name != "gamma")


def blocks_and_threads_change_no_byte(workshop: Any, method: str) -> None:
    """One thread, several threads, or the whole tensor at once give the same digest."""
    names = [workshop.model(f"m{i}", workshop.llama(i, **ROWS)) for i in range(3)]
    document = recipe_of(method, names[1:], names[0])
    results = [
        workshop.merge(document, f"out{i}", threads=threads, block=block)
        for i, (threads, block) in enumerate([(1, 1), (3, 100_000), (2, 1 << 20)])
    ]
    assert len({result.output_digest for result in results}) == 1
    assert results[0].output_digest == digest_of_folder(workshop.folder / "out0")


def equal_models_give_themselves(workshop: Any, method: str) -> None:
    """Weights that sum to one reproduce a model that equals the base and all ingredients."""
    same = workshop.llama(4)
    names = [workshop.model(f"m{i}", same) for i in range(3)]
    document = recipe_of(method, names[1:], names[0], out_dtype="float32")
    weights = any(each.name == "weight" for each in discover()[method].spec.parameters)
    for entry in document["models"] if weights else ():
        entry["parameters"]["weight"] = 1 / len(document["models"])
    for name, values in workshop.merged(document).items():
        np.testing.assert_allclose(values, workshop.rounded(same[name]), rtol=2e-6, err_msg=name)


def the_order_of_the_ingredients_does_not_matter(workshop: Any, method: str) -> None:
    """Ingredients in reverse order give the same result, except for the rounding of sums."""
    names = [workshop.model(f"m{i}", workshop.llama(i)) for i in range(3)]
    document = recipe_of(method, names[1:], names[0], out_dtype="float32")
    first = workshop.merged(document, "first")
    document["models"].reverse()
    second = workshop.merged(document, "second")
    for name, values in first.items():
        np.testing.assert_allclose(values, second[name], rtol=1e-4, atol=2e-5, err_msg=name)


def what_is_not_finite_stays_in_its_element(workshop: Any, method: str) -> None:
    """A NaN or an infinity affects only the same element of the output."""
    tensors = [workshop.llama(i) for i in range(3)]
    tensors[1]["lm_head.weight"][2, 3] = np.nan
    names = [workshop.model(f"m{i}", each) for i, each in enumerate(tensors)]
    document = recipe_of(method, names[1:], names[0])
    document["parameters"].pop("select_topk", None)  # a selection may leave the NaN out
    for entry in document["models"]:
        entry["parameters"].pop("density", None)
    found = workshop.merged(document)
    elsewhere = np.isfinite(found["lm_head.weight"])
    elsewhere[2, 3] = True
    assert np.isnan(found["lm_head.weight"][2, 3])
    assert elsewhere.all()
    assert all(np.isfinite(found[name]).all() for name in found if name != "lm_head.weight")


ALL = (
    blocks_and_threads_change_no_byte,
    equal_models_give_themselves,
    the_order_of_the_ingredients_does_not_matter,
    what_is_not_finite_stays_in_its_element,
)


@pytest.mark.parametrize("method", sorted(discover()))
@pytest.mark.parametrize("holds", ALL, ids=lambda holds: holds.__name__)
def test_of_every_method(holds: Callable[[Any, str], None], workshop: Any, method: str) -> None:
    holds(workshop, method)


MEMBERS = [name for name, each in sorted(discover().items()) if each.spec.base == "member"]


@pytest.mark.parametrize("method", MEMBERS)
def test_a_method_is_ordered_if_two_models_cannot_be_exchanged(workshop: Any, method: str) -> None:
    names = [workshop.model(f"m{i}", workshop.llama(i)) for i in range(2)]
    document = recipe_of(method, [*names, ""], "", out_dtype="float32")
    document["models"] = [{"model": name} for name in names]
    del document["base_model"]
    first = workshop.merged(document, "first")
    document["models"].reverse()
    second = workshop.merged(document, "second")
    alike = all(np.allclose(first[name], second[name], rtol=1e-4, atol=2e-5) for name in first)
    assert alike is not discover()[method].spec.ordered


MIDPOINT = '''
"""Midpoint: θ = (θ₁ + θ₂ + … ) / n, each model counting the same."""

from mergehub.recipe.methods import MethodSpec

from merge_worker.engine.machine.compilable import compilable
from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.method import Method, Prepared


@compilable
def midpoint(sums, base, index):
    return sums[0] / sums[1]


METHOD = Method(
    spec=MethodSpec(
        name="midpoint", title="Midpoint", summary="The middle.", formula="θ = Σθᵢ/n"
    ),
    prepare=lambda merge: Prepared(Formula(midpoint), [1.0] * len(merge.models)),
)
'''


MIDPOINT_IN_NUMPY = '''
"""Midpoint: θ = (θ₁ + θ₂ + … ) / n, each model counting the same."""

import numpy as np

from merge_worker.engine.numpy_methods import numpy_method


def midpoint(tensors):
    return np.mean(tensors, axis=0)


METHOD = numpy_method(midpoint, name="midpoint", summary="The middle.", formula="θ = Σθᵢ/n")
'''


@pytest.fixture(params=[MIDPOINT, MIDPOINT_IN_NUMPY], ids=["compiled", "numpy"])
def midpoint(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A method in a file of its own, dropped beside the others."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "midpoint.py").write_text(request.param)
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(folder)])
    monkeypatch.setattr("mergehub.recipe.methods._registered", {})
    discover.cache_clear()
    discover()
    yield "midpoint"
    discover.cache_clear()
    sys.modules.pop("merge_worker.engine.methods.midpoint", None)


@pytest.mark.parametrize("holds", ALL, ids=lambda holds: holds.__name__)
def test_a_new_file_is_a_new_method(
    holds: Callable[[Any, str], None], workshop: Any, midpoint: str
) -> None:
    holds(workshop, midpoint)


def test_a_new_file_computes_what_it_says(workshop: Any, midpoint: str) -> None:
    tensors = [workshop.llama(seed) for seed in (0, 1, 2)]
    names = [workshop.model(f"m{i}", each) for i, each in enumerate(tensors)]
    found = workshop.merged(recipe_of(midpoint, names, names[0], out_dtype="float32"))
    for name, values in found.items():
        expected = np.mean([workshop.rounded(each[name]) for each in tensors], axis=0)
        np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-6)


def test_a_new_file_is_in_the_catalogue_the_pages_and_the_command(
    tmp_path: Path, midpoint: str
) -> None:
    file, docs = tmp_path / "methods.json", tmp_path / "docs"
    places = ["--file", str(file), "--docs", str(docs), "--page", str(tmp_path / "page.json")]
    assert command.main(["--write", *places]) == 0
    assert '"midpoint"' in file.read_text()
    assert "θ = Σθᵢ/n" in (docs / "midpoint.md").read_text()
    said = CliRunner().invoke(main, ["methods", "midpoint"])
    assert (said.exit_code, "The middle." in said.output) == (0, True)
