"""Runs' models as ingredients: a run can open those that its claim grants, and no others."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from test_evaluate_runs import llama, lora

from merge_worker.child.failure import RunFailed
from merge_worker.child.messages import Job
from merge_worker.child.tell import Tell
from merge_worker.engine.methods import added
from merge_worker.engine.numpy_methods import numpy_method
from merge_worker.engine.output.output_files import LOCK
from merge_worker.kinds.merge import run as merge_run
from merge_worker.measuring.subjects import open_model
from mergehub.contracts.hardware import Capacity
from mergehub.contracts.kinds.evaluate import EvaluateSpec
from mergehub.contracts.kinds.merge import MergeResult, MergeSpec
from mergehub.recipe import ModelRef

SOUP = "merge_method: linear\nmodels: [{model: tiny, parameters: {weight: 1}}]\ndtype: float32\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("products")
    llama(root / "models" / "tiny")
    lora(root / "models" / "turned")
    return root


def job(place: Path, recipe: str, run_id: UUID | None = None, roots: tuple[Path, ...] = (),
        **products: UUID) -> Job:  # fmt: skip
    return Job(
        run_id=run_id or uuid4(),
        spec=MergeSpec(kind="merge", recipe=recipe, recipe_version=None, recipe_digest="d",
                       model_name="m", seed=0),
        products=products, hardware="cpu", capacity=Capacity(),
        model_roots=roots or (place / "models",), task_roots=(),
        artifacts=place / "artifacts", scratch=place / "scratch", parent=os.getpid(),
    )  # fmt: skip


def merged(made: Job) -> MergeResult:
    assert isinstance(made.spec, MergeSpec)
    return merge_run(made, made.spec, Tell(io.BytesIO()))


@pytest.fixture(scope="module")
def soup(place: Path) -> tuple[UUID, str]:
    """A run that has made a model, and that model's digest."""
    made = job(place, SOUP)
    return made.run_id, merged(made).output_digest


@pytest.mark.parametrize("name", ["me/soup", "Me/Soup", "soup", "run:{}"])
def test_a_model_that_a_run_made_is_merged_by_every_name_that_the_claim_has_for_it(
    place: Path, soup: tuple[UUID, str], name: str
) -> None:
    run, digest = soup
    name = name.format(run)
    stew = job(place, SOUP.replace("tiny", f"'{name}'"), **{name: run})
    (parent,) = merged(stew).parents
    assert (parent.name, parent.digest) == (name, digest)
    (locked,) = json.loads((stew.model_folder / LOCK).read_bytes())["ingredients"]
    assert (locked["ref"], locked["kind"], locked["revision"]) == (name, "run", str(run))


WAYS = {
    "a model": "models: [{model: '@'}]",
    "a base": "models: [{model: tiny}, {model: tiny}]\nbase_model: '@'",
    "an adapter": "models: [{model: 'tiny+@'}]",
    "under an adapter": "models: [{model: '@+turned'}]",
    "tokenizer_source": "models: [{model: tiny}]\ntokenizer_source: '@'",
    "tokenizer.source": "models: [{model: tiny}]\ntokenizer: {source: '@'}",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_run_that_the_claim_does_not_grant_is_opened_by_no_way(
    place: Path, soup: tuple[UUID, str], way: str
) -> None:
    text = f"merge_method: linear\nparameters: {{weight: 1}}\n{WAYS[way]}\n"
    with pytest.raises(RunFailed, match=f"no model of run {soup[0]}"):
        merged(job(place, text.replace("@", f"run:{soup[0]}"), other=uuid4()))


@pytest.mark.parametrize("spelling", ["{0}", "../{1}", "./{1}", "{1}"])
def test_no_path_leads_to_the_models_of_runs_though_a_root_has_them(
    place: Path, soup: tuple[UUID, str], spelling: str
) -> None:
    folder = place / "artifacts" / "runs" / str(soup[0])
    path = spelling.format(folder, folder.relative_to(place))
    roots = (place, place / "models")
    with pytest.raises(RunFailed, match="is not a folder under"):
        merged(job(place, SOUP.replace("tiny", f"'{path}'"), roots=roots))


def test_a_product_is_evaluated_as_the_model_that_its_run_made(
    place: Path, soup: tuple[UUID, str]
) -> None:
    spec = EvaluateSpec(kind="evaluate", model="me/soup", model_name="me/soup", benchmarks=["x"])
    asked = job(place, SOUP, **{"me/soup": soup[0]}).model_copy(update={"spec": spec})
    kind, ((model, _),) = open_model(asked, ModelRef.parse(spec.model))
    assert (kind, model.folder.name) == ("run", str(soup[0]))


def test_a_gpu_run_of_a_method_in_numpy_names_the_cpu_as_what_computed_it(place: Path) -> None:
    half = numpy_method(
        lambda tensors: tensors[0] / 2, name="half", summary="Halves.", formula="θ/2"
    )
    recipe = "merge_method: half\nmodels: [{model: tiny}]\n"
    with added(half):
        result = merged(job(place, recipe).model_copy(update={"hardware": "gpu"}))
    assert (result.method, result.device) == ("half", "cpu")
