"""The guide to the first GPU merge: what it builds exists, and its overlay and recipe are valid."""

from __future__ import annotations

import re
import subprocess
import textwrap

import pytest
import yaml

from k8s.objects import of_kind, pods
from k8s.render import MANIFESTS, Object, kubectl
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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the overlay of the guide renders to, written by a shell with the guide's variables."""
    folder = tmp_path_factory.mktemp("guide")
    (folder / "deploy").symlink_to(MANIFESTS.parent)
    names = re.findall(r"^    export [A-Z]+=[^$\n]+$", GUIDE, re.MULTILINE)
    (step,) = re.findall(r"    mkdir my-hub.*?\n    END\n", GUIDE, re.DOTALL)
    script = textwrap.dedent("\n".join([*names, step]))
    subprocess.run(["bash", "-euc", script], cwd=folder, check=True)
    command = [kubectl(), "kustomize", folder / "my-hub"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def objects(made: str) -> list[Object]:
    return list(yaml.load_all(made, yaml.CSafeLoader))


def test_the_overlay_of_the_guide_has_images_and_storage_of_ones_own(objects: list[Object]) -> None:
    images = {each["image"] for pod in pods(objects) for each in pod.containers()}
    assert len(images) == 6
    assert all(image.startswith("registry.example.com/lab/") for image in images)
    claims = of_kind(objects, "PersistentVolumeClaim")
    assert {each["spec"]["storageClassName"] for each in claims} == {"my-shared-storage"}


def test_the_overlay_of_the_guide_has_a_host_of_ones_own_everywhere(
    made: str, objects: list[Object]
) -> None:
    assert "example.org" not in made
    (ingress,) = of_kind(objects, "Ingress")
    assert ingress["spec"]["rules"][0]["host"] == "hub.example.com"
    assert ingress["spec"]["tls"][0]["hosts"] == ["hub.example.com"]
    settings = [each["data"] for each in of_kind(objects, "ConfigMap")]
    public = [each["MERGEHUB_PUBLIC_URL"] for each in settings if "MERGEHUB_PUBLIC_URL" in each]
    assert public == ["https://hub.example.com"] * 3
    (store,) = (each for each in settings if "MERGEHUB_S3_ENDPOINT" in each)
    assert store["MERGEHUB_S3_ENDPOINT"] == "https://s3.example.com"


def test_every_variable_of_the_guide_is_set_in_it() -> None:
    used = set(re.findall(r"\$\{?([A-Z_]+)", GUIDE)) - {"PWD", "PATH"}
    assert used == set(re.findall(r"export ([A-Z_]+)=", GUIDE)) - {"PATH", "MERGEHUB_TOKEN"}


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
