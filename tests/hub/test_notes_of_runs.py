"""Notes of a merge on a hub: in the shell, in the run's result, in the model card."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from running import RunningHub

from mergehub.cli.main import main

RECIPE = "merge_method: linear\nmodels: [{model: left}, {model: renamed}]\n"


@pytest.fixture
def vocabulary(models: Path) -> Iterator[dict[str, int]]:
    """The vocabulary of the model `renamed`, for the test to change; restored afterwards."""
    folder = models / "renamed"
    shutil.copytree(models / "right", folder)
    yield json.loads((folder / "tokenizer.json").read_bytes())["model"]["vocab"]
    shutil.rmtree(folder)


def submit(hub: RunningHub, models: Path, folder: Path, vocabulary: dict[str, int]) -> Result:
    """Merge `left` with `renamed`, whose tokens have these ids."""
    path = models / "renamed" / "tokenizer.json"
    tokenizer = json.loads(path.read_bytes())
    tokenizer["model"]["vocab"] = vocabulary
    path.write_text(json.dumps(tokenizer))
    recipe = folder / "recipe.yml"
    recipe.write_text(RECIPE)
    command = ["submit", str(recipe), "--name", "noted/child", "--follow"]
    return CliRunner().invoke(main, ["--url", hub.url, "--token", hub.token, *command])


def test_a_run_says_its_notes_in_the_shell_and_in_its_result(
    hub: RunningHub, models: Path, tmp_path: Path, vocabulary: dict[str, int]
) -> None:
    done = submit(hub, models, tmp_path, vocabulary | {"<new>": len(vocabulary)})
    assert done.exit_code == 0, done.output
    with hub.client() as client:
        result: Any = client.run(done.output.split()[0]).result
    (note,) = result["notes"]
    assert note.startswith("renamed has 1 token ('<new>' (id 40)), which left lacks")
    assert f"note: {note}" in done.output


def test_a_run_of_permuted_vocabularies_fails_with_the_sentence_of_the_plan(
    hub: RunningHub, models: Path, tmp_path: Path, vocabulary: dict[str, int]
) -> None:
    last = len(vocabulary) - 1
    swapped = {token: {4: last, last: 4}.get(id_, id_) for token, id_ in vocabulary.items()}
    done = submit(hub, models, tmp_path, swapped)
    assert done.exit_code == 1
    assert "rows of different tokens would be merged" in done.output
    assert "same_token_ids: true" in done.output
