"""Every object is valid for the three newest Kubernetes, KEDA and the Prometheus operator."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s.objects import of_kind, one, planted
from k8s.render import OVERLAYS, Object, local_secrets, rendered
from k8s.schemas import custom_faults, faults, minors

pytestmark = pytest.mark.process

CUSTOM = ("keda.sh/v1alpha1", "monitoring.coreos.com/v1")


def own(objects: list[Object]) -> list[Object]:
    """Objects of Kubernetes itself, with the Jobs that KEDA would make."""
    jobs = [
        {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": each["metadata"]["name"]},
         "spec": each["spec"]["jobTargetRef"]}
        for each in of_kind(objects, "ScaledJob")
    ]  # fmt: skip
    return [each for each in objects if each["apiVersion"] not in CUSTOM] + jobs


@pytest.fixture(scope="module")
def definitions() -> Path:
    data = os.environ.get("MERGEHUB_REAL_DATA")
    if data is None:
        pytest.skip("MERGEHUB_REAL_DATA names no folder with the CustomResourceDefinitions.")
    return Path(data) / "schemas"


def test_three_minor_versions_are_known() -> None:
    assert len(minors()) == 3
    assert minors() == sorted(minors(), reverse=True)


@pytest.mark.parametrize("minor", minors())
def test_every_object_is_valid(minor: str) -> None:
    different = {yaml.dump(each): each for overlay in OVERLAYS for each in own(rendered(overlay))}
    assert len(different) > 60
    assert [fault for each in different.values() for fault in faults(each, minor)] == []


def test_the_local_secrets_are_valid_and_others_in_each_file(tmp_path: Path) -> None:
    first, second = (local_secrets(tmp_path / name) for name in ("a.yaml", "b.yaml"))
    assert [fault for each in first for fault in faults(each, minors()[0])] == []
    values = [{value for each in made for value in each["stringData"].values()}
              for made in (first, second)]  # fmt: skip
    assert not values[0] & values[1]


def test_the_local_secrets_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "secrets.yaml"
    made = local_secrets(file)
    assert local_secrets(file) == made
    assert all(each["immutable"] for each in made)  # the cluster refuses those of another file
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


def test_every_custom_object_is_valid(definitions: Path) -> None:
    custom = [
        each for overlay in OVERLAYS for each in rendered(overlay) if each["apiVersion"] in CUSTOM
    ]
    kinds = {each["kind"] for each in custom}
    monitoring = {"ServiceMonitor", "PodMonitor", "PrometheusRule"}
    assert kinds == {"ScaledJob", "TriggerAuthentication"} | monitoring
    assert [fault for each in custom for fault in custom_faults(each, definitions)] == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda o: worker(o)["spec"].update(replica=2), "replica"),
        (lambda o: worker(o)["spec"].update(replicas="two"), "replicas"),
        (lambda o: worker(o)["spec"]["template"]["spec"].pop("containers"), "containers"),
        (lambda o: scaled(o)["spec"]["jobTargetRef"]["template"]["spec"].update(a=1), "'a'"),
    ],
)
def test_a_planted_fault_is_found(change: Any, fault: str) -> None:
    found = [
        each for part in own(planted(rendered("gpu"), change)) for each in faults(part, minors()[0])
    ]
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda o: scaled(o)["spec"].update(maxReplicas=4), "maxReplicas"),
        (lambda o: scaled(o)["spec"]["rollout"].update(strategy="slow"), "rollout.strategy"),
        (lambda o: scaled(o)["spec"]["triggers"][0].pop("type"), "'type' is a required"),
    ],
)
def test_a_planted_fault_in_a_custom_object_is_found(
    change: Any, fault: str, definitions: Path
) -> None:
    found = custom_faults(scaled(planted(rendered("gpu"), change)), definitions)
    assert len(found) == 1
    assert fault in found[0]


def worker(objects: list[Object]) -> Object:
    return one(objects, "Deployment", "worker")


def scaled(objects: list[Object]) -> Object:
    return of_kind(objects, "ScaledJob")[0]
