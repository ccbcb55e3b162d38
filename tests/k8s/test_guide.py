"""The guide to the first GPU merge: what it builds exists, and its overlay and recipe are valid."""

from __future__ import annotations

import re
import subprocess
import textwrap
from pathlib import Path

import pytest
import yaml

from k8s.objects import pods
from k8s.render import MANIFESTS, kubectl
from k8s.test_references import EXTERNAL
from mergehub.recipe import parse_recipe

pytestmark = pytest.mark.process

ROOT = MANIFESTS.parents[1]
GUIDE = (ROOT / "docs" / "guides" / "first-gpu-merge.md").read_text(encoding="utf-8")


def test_every_image_has_a_dockerfile_with_its_target() -> None:
    built = re.findall(r"docker build -f (\S+)(?: --target (\S+))?", GUIDE)
    assert [target for _, target in built] == ["", "", "cuda", ""]
    for file, target in built:
        for service in ("registry", "lineage", "leaderboard"):
            text = (ROOT / file.replace("$service", service)).read_text(encoding="utf-8")
            assert re.search(rf"^FROM \S+ AS {target}", text, re.MULTILINE)


def test_the_overlay_of_the_guide_has_images_and_storage_of_ones_own(tmp_path: Path) -> None:
    (text,) = re.findall(r"kustomization.yaml <<END\n(.*?)\n    END", GUIDE, re.DOTALL)
    text = textwrap.dedent(text).replace("$REGISTRY", "images.example.com/lab")
    (tmp_path / "deploy").symlink_to(MANIFESTS.parent)
    (tmp_path / "my-hub").mkdir()
    (tmp_path / "my-hub" / "kustomization.yaml").write_text(text)
    command = [kubectl(), "kustomize", tmp_path / "my-hub"]
    made = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    objects = list(yaml.load_all(made, yaml.CSafeLoader))
    images = {each["image"] for pod in pods(objects) for each in pod.containers()}
    assert len(images) == 6
    assert all(image.startswith("images.example.com/lab/") for image in images)
    claims = [each for each in objects if each["kind"] == "PersistentVolumeClaim"]
    assert {each["spec"]["storageClassName"] for each in claims} == {"my-shared-storage"}


def test_the_secrets_of_the_guide_are_those_that_production_needs() -> None:
    step = GUIDE.partition("## 4.")[2].partition("## 5.")[0]
    made = {
        command.split()[0]: set(re.findall(r"--from-literal ([a-z-]+)=", command))
        for command in step.split("create secret generic ")[1:]
    }
    assert made == {name: EXTERNAL[name] for name in made}
    assert made.keys() | {"mergehub-tls"} == {each for each in EXTERNAL if "mergehub" in each}


def test_the_recipe_of_the_guide_is_valid() -> None:
    (text,) = re.findall(r"sibling:\n\n(    merge_method.*?)\n\n", GUIDE, re.DOTALL)
    recipe = parse_recipe(textwrap.dedent(text))
    assert recipe.merge_method == "linear"
