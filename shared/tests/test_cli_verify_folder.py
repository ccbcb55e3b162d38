"""`mergehub verify FOLDER` and `mergehub keys`, over a model that this shell has merged."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from mergehub.attestation.keys import new_key, signing_key
from mergehub.cli.main import main

pytest.importorskip("merge_worker", reason="the merge engine is a separate package")
np = pytest.importorskip("numpy")
safetensors = pytest.importorskip("safetensors.numpy")

STATEMENT = "provenance.intoto.jsonl"


def shell(*words: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], env=environment)


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERGEHUB_DATA", str(tmp_path / "data"))


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


@pytest.fixture
def model(recipe: Path, tmp_path: Path) -> Path:
    done = shell("merge", recipe, tmp_path / "out")
    assert done.exit_code == 0, done.output
    return tmp_path / "out"


def test_a_merge_is_signed_with_a_key_beside_it_that_only_its_owner_may_read(model: Path) -> None:
    key = model.parent / "data" / "signing-key.pem"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    done = shell("verify", model)
    assert done.exit_code == 0, done.output
    first, second, third = done.stdout.splitlines()
    assert first == f"{model}: {len(list(model.iterdir())) - 1} files are as they were signed"
    assert second.startswith(f"signed with key {signing_key(key.read_text()).public.id}, made 20")
    assert third == json.loads((model / "manifest.json").read_text())["output_digest"]


def test_a_model_without_faults_is_genuine_in_json(model: Path) -> None:
    answer = json.loads(shell("verify", model, "--json").stdout)
    assert answer["genuine"] is True
    assert answer["faults"] == []
    assert answer["run"] is None


def test_each_file_that_was_tampered_with_is_named_and_the_exit_status_is_1(model: Path) -> None:
    (model / "README.md").write_text("mine")
    (model / "odd\x1b[31m.txt").write_text("")
    done = shell("verify", model)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0] == f"{model}: 2 files are not as they should be"
    assert "  README.md: changed. Its SHA-256 is " in done.stdout
    assert "  odd·[31m.txt: additional. The statement does not name it." in done.stdout
    answer = json.loads(shell("verify", model, "--json").stdout)
    assert answer["genuine"] is False
    assert [each["fault"] for each in answer["faults"]] == ["changed", "additional"]


def test_one_file_that_was_tampered_with_is_one_file(model: Path) -> None:
    (model / "README.md").write_text("mine")
    first = shell("verify", model).stdout.splitlines()[0]
    assert first == f"{model}: 1 file is not as it should be"


def test_the_public_key_lets_others_check_a_model(model: Path, tmp_path: Path) -> None:
    key = tmp_path / "theirs.pem"
    key.write_text(shell("keys").stdout)
    elsewhere = str(tmp_path / "elsewhere")
    assert shell("verify", model, "--key", key, MERGEHUB_DATA=elsewhere).exit_code == 0
    stranger = shell("verify", model, MERGEHUB_DATA=elsewhere)
    assert stranger.exit_code == 1
    assert "If you trust the signer, give their public key with --key" in stranger.stdout
    assert f"  {STATEMENT}: not trusted. It names the key " in stranger.stdout
    assert not Path(elsewhere).exists()
    mine = json.loads(shell("keys", "--json").stdout)["keys"]
    assert [each["pem"] for each in mine] == [key.read_text()]


def test_a_key_of_the_environment_signs_and_checks(recipe: Path, tmp_path: Path) -> None:
    environment = {"MERGEHUB_SIGNING_KEY": new_key()}
    assert shell("merge", recipe, tmp_path / "out", **environment).exit_code == 0
    assert shell("verify", tmp_path / "out", **environment).exit_code == 0
    assert shell("verify", tmp_path / "out").exit_code == 1
    assert not (tmp_path / "data").exists()


def test_a_merge_without_provenance_makes_no_key_and_no_statement(
    recipe: Path, tmp_path: Path
) -> None:
    assert shell("merge", recipe, tmp_path / "out", "--no-provenance").exit_code == 0
    assert not (tmp_path / "out" / STATEMENT).exists()
    assert not (tmp_path / "data").exists()
    assert f"{STATEMENT}: missing." in shell("verify", tmp_path / "out").stdout


def test_a_key_that_cannot_sign_is_refused_before_the_merge(recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    bad = shell("merge", recipe, out, MERGEHUB_SIGNING_KEY="secret words")
    assert bad.exit_code == 1
    assert "MERGEHUB_SIGNING_KEY: it is not a private Ed25519 key in PEM" in bad.stderr
    assert "secret words" not in bad.output
    (tmp_path / "file").write_text("")
    nowhere = shell("merge", recipe, out, MERGEHUB_DATA=str(tmp_path / "file" / "data"))
    assert nowhere.exit_code == 1
    assert "or merge with --no-provenance" in nowhere.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["out", "--follow"], "--follow is for a run, and WHAT is a folder."),
        (["out", "--hardware", "cpu"], "--hardware is for a run, and WHAT is a folder."),
        (["me/soup", "--key", "recipe.yml"], "--key is for a folder; WHAT is not one."),
        (["me/soup", "--model-key", "recipe.yml"], "--model-key is for a folder; WHAT is not one."),
        (["./nothing"], "There is no folder ./nothing."),
    ],
)
def test_options_that_do_not_apply_are_refused(
    model: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.chdir(model.parent)
    done = shell("verify", *words)
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it must hold 1 to 100 public keys in PEM"),
        (new_key(), "it holds a private key: give the public key"),
        (signing_key(new_key()).public.pem * 101, "it must hold 1 to 100 public keys in PEM"),
        (
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            "one of its keys is not an Ed25519 key",
        ),
    ],
    ids=["empty", "private", "many", "damaged"],
)
def test_a_file_without_public_keys_is_refused(
    model: Path, tmp_path: Path, text: str, said: str
) -> None:
    key = tmp_path / "key.pem"
    key.write_text(text)
    done = shell("verify", model, "--key", key)
    assert done.exit_code == 1
    assert said in done.stderr


def test_processes_that_begin_at_once_agree_on_one_key(tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from mergehub.attestation.keys import kept_key

    def made(_: int) -> Any:
        return kept_key(tmp_path / "new" / "key.pem").public.id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(made, range(8)))) == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["key.pem"]


@pytest.mark.process
def test_an_openssf_signature_is_accepted_by_its_own_tool_and_covers_every_file(
    recipe: Path, tmp_path: Path
) -> None:
    out, key = tmp_path / "out", tmp_path / "key.pem"
    done = shell("merge", recipe, out, "--model-signature")
    assert done.exit_code == 0, done.output
    key.write_text(shell("keys", "--model-signature").stdout)
    command = [
        sys.executable, "-m", "model_signing", "verify", "key", str(out),
        "--signature", str(out / "model.sig"), "--public_key", str(key),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    held = shell("verify", out)
    assert held.exit_code == 0, held.output
    assert "model.sig holds, too" in held.stdout
    (out / "README.md").write_text("mine")
    changed = shell("verify", out)
    assert changed.exit_code == 1
    assert "model.sig says" in changed.stdout
    elsewhere = {"MERGEHUB_DATA": str(tmp_path / "elsewhere")}
    assert "model.sig: not trusted." in shell("verify", out, **elsewhere).stdout
    given = shell("verify", out, "--model-key", key, **elsewhere)
    assert "model.sig: not trusted." not in given.stdout
    mine = shell("verify", out, "--model-key", tmp_path / "data" / "model-signing-key.pem")
    assert "it must hold one public key" in mine.stderr
    (out / STATEMENT).write_text("changed")
    assert subprocess.run(command, check=False, capture_output=True, timeout=120).returncode != 0


def test_a_missing_package_is_named_before_the_merge(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "model_signing.signing", None)
    done = shell("merge", recipe, tmp_path / "out", "--model-signature")
    assert done.exit_code == 1
    assert "run `pip install 'mergehub-worker[model-signing]'`" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_key_for_a_deployed_hub_is_made_once_and_earlier_public_keys_stay(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = shell("keys", "--make", folder)
    assert first.exit_code == 0, first.output
    private, public = folder / "signing-key.pem", folder / "signing-public-keys.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert public.read_text() == first.stdout == signing_key(private.read_text()).public.pem
    assert shell("keys", "--make", folder).stdout == first.stdout
    private.rename(folder / "earlier.pem")
    second = shell("keys", "--make", folder)
    assert public.read_text() == second.stdout + first.stdout
    assert shell("keys", "--make", folder, "--hub").exit_code == 2
