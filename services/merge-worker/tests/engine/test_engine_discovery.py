"""A method is one file: what declares itself is found, checked and written down."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from merge_worker.engine import methods
from merge_worker.engine.formula import Formula
from merge_worker.engine.methods import __main__ as command
from merge_worker.engine.methods import discover
from mergehub.recipe.methods import catalogue

MIDPOINT = '''
"""Midpoint: θ = (θ₁ + θ₂ + … ) / n, each model counting the same."""

from mergehub.recipe.methods import MethodSpec

from merge_worker.engine.compilable import compilable
from merge_worker.engine.formula import Formula
from merge_worker.engine.method import Method, Prepared


@compilable
def midpoint(part, mass, base):
    return part / mass


METHOD = Method(
    spec=MethodSpec(
        name="midpoint", title="Midpoint", summary="The middle.", formula="θ = Σθᵢ/n"
    ),
    prepare=lambda merge: Prepared(Formula(midpoint), [1.0] * len(merge.models)),
)
'''


@pytest.fixture
def one_more_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method in a file of its own, dropped beside the others."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "midpoint.py").write_text(MIDPOINT)
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(folder)])
    monkeypatch.setattr("mergehub.recipe.methods._registered", {})
    discover.cache_clear()
    yield
    discover.cache_clear()
    sys.modules.pop("merge_worker.engine.methods.midpoint", None)


def test_a_new_file_is_a_new_method(workshop: Any, one_more_method: None) -> None:
    assert "midpoint" in discover()
    assert catalogue()["midpoint"].title == "Midpoint"
    tensors = [workshop.llama(seed) for seed in (0, 1, 2)]
    names = [workshop.model(f"m{i}", each) for i, each in enumerate(tensors)]
    found = workshop.merged(
        {
            "merge_method": "midpoint",
            "models": [{"model": name} for name in names],
            "out_dtype": "float32",
        }
    )
    for name, values in found.items():
        expected = np.mean([workshop.rounded(each[name]) for each in tensors], axis=0)
        np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-6)


def test_every_method_explains_itself() -> None:
    assert {"linear", "slerp", "task_arithmetic", "ties", "dare_ties", "passthrough"} <= set(
        discover()
    )
    for name, method in discover().items():
        assert method.spec.name == name
        assert all(each.doc for each in method.spec.parameters)
        module = sys.modules[method.prepare.__module__]
        assert "θ" in (module.__doc__ or "")


def test_the_written_catalogue_says_what_the_methods_declare() -> None:
    assert command.main(["--check"]) == 0


def test_a_catalogue_that_is_behind_is_noticed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "methods.json"
    file.write_text("[]")
    assert command.main(["--check", "--file", str(file)]) == 1
    assert "--write" in capsys.readouterr().err
    assert command.main(["--write", "--file", str(file)]) == 0
    assert command.main(["--check", "--file", str(file)]) == 0


def test_a_formula_is_a_plain_function_too() -> None:
    from merge_worker.engine.methods.ties import trimmed
    from merge_worker.engine.task_vectors import agreeing, counted_vote, onto_base

    f, u = np.float32, np.uint64
    assert trimmed(f(3), f(1), u(4), f(2), u(4), f(1)) == 2
    assert trimmed(f(3), f(1), u(5), f(2), u(4), f(1)) == 0
    assert agreeing(f(2), f(-1), f(-3)) == (-2, -1)
    assert agreeing(f(2), f(1), f(-3)) == (0, 0)
    assert [counted_vote(f(v), f(2)) for v in (3, -3, 0)] == [1, -1, 0]
    assert onto_base(f(6), f(2), f(1), f(0.5), True) == 2.5
    assert onto_base(f(6), f(0), f(1), f(0.5), True) == 4
    assert len(Formula(onto_base).functions) == 3
