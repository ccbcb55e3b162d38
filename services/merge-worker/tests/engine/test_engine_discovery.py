"""A method is one file: its declaration is found, checked and documented."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from merge_worker.engine import methods
from merge_worker.engine.kernels.formula import Formula
from merge_worker.engine.methods import discover
from tools import method_catalogue as command
from tools.method_pages import pages

BROKEN = """
from mergehub.recipe.methods import MethodSpec

from merge_worker.engine.method import Method

METHOD = Method(
    spec=MethodSpec(name="broken", title="Broken", summary="Fails.", formula="θ = ?"),
    prepare=lambda merge: [][0],
)
"""


@pytest.fixture
def more_methods(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A method that fails, in a file of its own."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "broken.py").write_text(BROKEN)
    monkeypatch.setattr(methods, "__path__", [*methods.__path__, str(folder)])
    monkeypatch.setattr("mergehub.recipe.methods._registered", {})
    discover.cache_clear()
    discover()
    yield
    discover.cache_clear()
    sys.modules.pop("merge_worker.engine.methods.broken", None)


def test_a_method_that_fails_fails_the_merge(workshop: Any, more_methods: None) -> None:
    name = workshop.model("m", workshop.llama(0))
    with pytest.raises(IndexError):
        workshop.merge({"merge_method": "broken", "models": [{"model": name}]})
    assert not (workshop.folder / "out").exists()


def test_every_method_explains_itself() -> None:
    assert len(discover()) >= 20
    for name, method in discover().items():
        assert method.spec.name == name
        assert all(each.doc for each in method.spec.parameters)
        module = sys.modules[method.module]
        assert "θ" in (module.__doc__ or "")


ROOT = Path(__file__).parents[4]
DOCS = ROOT / "docs" / "methods"
PAGE = ROOT / "web" / "src" / "recipe" / "methods.json"


def test_the_written_catalogue_and_pages_say_what_the_methods_declare() -> None:
    assert command.main(["--check", "--docs", str(DOCS), "--page", str(PAGE)]) == 0


def test_what_is_behind_is_noticed_and_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, docs = tmp_path / "methods.json", tmp_path / "docs" / "methods"
    places = ["--file", str(file), "--docs", str(docs), "--page", str(tmp_path / "page.json")]
    file.write_text("[]")
    assert command.main(["--check", *places]) == 1
    assert "make documents" in capsys.readouterr().err
    assert command.main(["--write", *places]) == 0
    assert command.main(["--check", *places]) == 0
    (docs / "gone.md").write_text("A method that was removed.")
    assert command.main(["--check", *places]) == 1
    assert command.main(["--write", *places]) == 0
    assert {path.stem for path in docs.iterdir()} == {"README", *discover()}


def test_a_page_has_every_parameter_with_its_values_and_default() -> None:
    page = pages(discover())["ties.md"]
    assert "| `density` | float | in [0, 1] | `1` | each model |" in page
    assert "| `consensus` | str | `sum`, `count` | `sum` | the merge |" in page
    assert "| `normalize` | bool | `true`, `false` | `true` | the merge |" in page
    assert "(https://arxiv.org/abs/2306.01708)" in page
    assert "| `t` | float | in [0, 1] | required | the merge |" in pages(discover())["slerp.md"]


def test_a_formula_is_a_plain_function_too() -> None:
    from merge_worker.engine.arithmetic.task_vectors import agreeing, counted_vote, onto_base
    from merge_worker.engine.methods.ties import trimmed

    f, u = np.float32, np.uint64
    no_draw, no_rank, index = f(0), f(0), u(0)
    assert trimmed(f(3), f(1), u(4), no_draw, no_rank, f(2), u(4), f(1)) == 2
    assert trimmed(f(3), f(1), u(5), no_draw, no_rank, f(2), u(4), f(1)) == 0
    assert agreeing(f(2), f(-1), f(-3)) == (-2, -1)
    assert agreeing(f(2), f(1), f(-3)) == (0, 0)
    assert [counted_vote(f(v), f(2)) for v in (3, -3, 0)] == [1, -1, 0]
    assert onto_base((f(6), f(2)), f(1), index, f(0.5), True) == 2.5
    assert onto_base((f(6), f(0)), f(1), index, f(0.5), True) == 4
    assert len(Formula(onto_base).functions) == 3


def test_a_formula_is_a_plain_function_of_no_more_than_it_says() -> None:
    formula, f = Formula(), np.float32
    assert len(formula.share(f(1), f(1), f(0))) == formula.sums
    assert not formula.drawn
    assert not formula.ranked
    assert {formula: 1}[Formula()] == 1  # loops are cached by formula
