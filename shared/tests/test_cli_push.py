"""`mergehub push`, and `--push` of `submit` and `merge`: with a hub, and without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from repositories import TOKEN, Repositories, repositories
from scripted import Scripted, body, scripted

from mergehub.cli.main import main
from mergehub.contracts.examples import RUN, RUN_ID

pytest.importorskip("merge_worker", reason="the merge engine is a separate package")
np = pytest.importorskip("numpy")
safetensors = pytest.importorskip("safetensors.numpy")
constants = pytest.importorskip("huggingface_hub.constants")

# The library sends large files in a way that its HTTP client calls outdated.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

TO = "hf://lab/soup"


def shell(*words: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], env=environment)


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERGEHUB_DATA", str(tmp_path / "data"))


@pytest.fixture
def hugging_face(monkeypatch: pytest.MonkeyPatch) -> Iterator[Repositories]:
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    with repositories() as server:
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        yield server


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    (tmp_path / "one").mkdir()
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "num_hidden_layers": 1}
    (tmp_path / "one" / "config.json").write_text(json.dumps(config))
    weights = {"model.norm.weight": np.ones((8,), np.float32)}
    safetensors.save_file(weights, tmp_path / "one" / "model.safetensors")
    path = tmp_path / "recipe.yml"
    path.write_text("merge_method: linear\nmodels: [{model: ./one, parameters: {weight: 1}}]\n")
    return path


def test_a_merge_is_pushed_without_a_hub_and_what_arrives_can_be_verified(
    recipe: Path, tmp_path: Path, hugging_face: Repositories
) -> None:
    done = shell("merge", recipe, tmp_path / "out", "--push", TO)
    assert done.exit_code == 0, done.output
    commit = hugging_face.repos["lab/soup"].branches["main"]
    assert done.stdout.splitlines()[-1] == f"{hugging_face.url}/lab/soup/tree/{commit}"
    for name, content in hugging_face.files("lab/soup").items():
        (tmp_path / "downloaded" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "downloaded" / name).write_bytes(content)
    assert shell("verify", tmp_path / "downloaded").exit_code == 0
    again = json.loads(shell("push", tmp_path / "out", TO, "--json").stdout)
    assert (again["sent"], again["commit"], again["visibility"]) == (0, commit, "private")


def test_a_push_that_fails_leaves_the_folder_and_says_so(
    recipe: Path, tmp_path: Path, hugging_face: Repositories
) -> None:
    hugging_face.make("lab/soup", **{"theirs.txt": b"precious"})
    out = tmp_path / "out"
    done = shell("merge", recipe, out, "--push", TO)
    assert done.exit_code == 1
    assert f"The model in {out} is whole, but it was not pushed." in done.stderr
    assert "theirs.txt" in done.stderr
    assert out.is_dir()
    assert shell("push", out, TO, "--replace").exit_code == 0
    assert "theirs.txt" not in hugging_face.files("lab/soup")


def test_a_folder_that_is_no_merged_model_is_not_pushed(
    tmp_path: Path, hugging_face: Repositories
) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "id_rsa").write_text("private")
    done = shell("push", tmp_path / "secrets", TO)
    assert done.exit_code == 1
    assert "is not the folder of a merged model" in done.stderr
    assert hugging_face.asked == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["push", "me/soup", "lab/soup"], "must be hf://owner/name"),
        (["push", "me/soup", "s3://models"], "must be hf://owner/name"),
        (["submit", "soup", "--name", "me/soup", "--replace"], "--replace needs --push."),
        (["merge", "recipe.yml", "out", "--public"], "--public needs --push."),
        (["push", "one", TO, "--follow"], "--follow is for a run, and WHAT is a folder."),
    ],
)
def test_options_that_do_not_apply_are_refused(
    recipe: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(recipe.parent)
    done = shell(*words)
    assert done.exit_code == 2
    assert said in done.stderr


def sent(hub: Scripted) -> dict[str, object]:
    found: dict[str, object] = json.loads(hub.asked[-1].body)
    return found


def test_a_run_of_a_hub_is_pushed_by_a_worker(recipe: Path) -> None:
    spec = {
        "kind": "push", "run": RUN_ID, "model_name": "me/soup", "destination": TO,
        "replace": True, "private": False,
    }  # fmt: skip
    queued = RUN | {"kind": "push", "spec": spec, "state": "queued", "notes": []}
    with scripted(body(queued, 202)) as hub:
        done = shell("--url", hub.url, "push", RUN_ID, TO, "--replace", "--public")
        assert done.exit_code == 0, done.output
        wanted = {"kind": "push", "run": RUN_ID, "destination": TO, "replace": True}
        assert sent(hub).items() >= (wanted | {"private": False}).items()
    wish = {"destination": TO, "replace": False, "private": True, "run": None}
    queued = RUN | {"state": "queued", "notes": [], "push": wish}
    with scripted(body(queued, 202)) as hub:
        words = ("submit", recipe, "--name", "me/soup", "--push", TO)
        done = shell("--url", hub.url, *words)
        assert done.exit_code == 0, done.output
        assert sent(hub)["push"] == {"destination": TO, "replace": False, "private": True}
