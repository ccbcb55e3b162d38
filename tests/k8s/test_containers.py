"""Every container has limits, an image with a version, and no more rights than it needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from k8s.objects import of_kind, one, planted, pods
from k8s.render import OVERLAYS, Object, rendered

pytestmark = pytest.mark.process

RESOURCES = ("cpu", "memory", "ephemeral-storage")
RESTRICTED_VOLUMES = {"configMap", "downwardAPI", "emptyDir", "persistentVolumeClaim", "projected",
                      "secret", "ephemeral", "csi"}  # fmt: skip


def faults(objects: list[Object]) -> Iterator[str]:
    for pod in pods(objects):
        yield from (f"{pod.name}: {fault}" for fault in of_pod(pod.spec))
        for each in pod.containers():
            yield from (f"{pod.name}, {each['name']}: {fault}" for fault in of_container(each))
    for space in of_kind(objects, "Namespace"):
        enforced = space["metadata"]["labels"].get("pod-security.kubernetes.io/enforce")
        if enforced != "restricted":
            yield f"the namespace enforces {enforced}"


def of_pod(spec: Object) -> Iterator[str]:
    security = spec.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or not security.get("runAsUser"):
        yield "may run as root"
    if security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "has no seccomp profile"
    if spec.get("automountServiceAccountToken") is not False:
        yield "gets a token of its service account"
    if {"hostNetwork", "hostPID", "hostIPC"} & spec.keys():
        yield "shares the host's namespaces"
    if not spec.get("priorityClassName"):
        yield "has no priority"
    for volume in spec.get("volumes", []):
        (kind,) = volume.keys() - {"name"}
        if kind not in RESTRICTED_VOLUMES:
            yield f"mounts a {kind}"
        if kind == "emptyDir" and "sizeLimit" not in volume[kind]:
            yield f"may fill the node's disk with {volume['name']}"


def of_container(container: Object) -> Iterator[str]:
    resources = container.get("resources", {})
    for part in ("requests", "limits"):
        for lacking in set(RESOURCES) - resources.get(part, {}).keys():
            yield f"has no {lacking} in its {part}"
    _, _, tag = container["image"].rpartition("/")[2].partition(":")
    if tag in ("", "latest"):
        yield f"has an image without a version: {container['image']}"
    security = container.get("securityContext", {})
    if security.get("readOnlyRootFilesystem") is not True:
        yield "may write to its root file system"
    if security.get("allowPrivilegeEscalation") is not False or security.get("privileged"):
        yield "may gain privileges"
    if security.get("capabilities") != {"drop": ["ALL"]}:
        yield "keeps capabilities"
    if security.get("runAsUser") == 0 or security.get("runAsNonRoot") is False:
        yield "runs as root"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_container_may_more_than_it_needs(overlay: str) -> None:
    assert list(faults(rendered(overlay))) == []
    assert len(pods(rendered(overlay))) >= 10


def worker(objects: list[Object]) -> Any:
    return one(objects, "Deployment", "worker")["spec"]["template"]["spec"]


def first(objects: list[Object]) -> Any:
    return worker(objects)["containers"][0]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda o: first(o)["resources"]["limits"].pop("memory"), "no memory in its limits"),
        (lambda o: first(o)["resources"].pop("requests"), "no cpu in its requests"),
        (lambda o: first(o).update(image="a.example:5000/worker"), "an image without a version"),
        (lambda o: first(o).update(image="worker:latest"), "an image without a version"),
        (lambda o: first(o)["securityContext"].pop("readOnlyRootFilesystem"), "may write to its"),
        (lambda o: first(o)["securityContext"].pop("capabilities"), "keeps capabilities"),
        (lambda o: first(o)["securityContext"].update(privileged=True), "may gain privileges"),
        (lambda o: first(o)["securityContext"].update(runAsUser=0), "runs as root"),
        (lambda o: worker(o)["securityContext"].pop("runAsNonRoot"), "may run as root"),
        (lambda o: worker(o)["securityContext"].pop("seccompProfile"), "no seccomp profile"),
        (lambda o: worker(o).pop("automountServiceAccountToken"), "gets a token"),
        (lambda o: worker(o).update(hostNetwork=True), "shares the host's"),
        (lambda o: worker(o).pop("priorityClassName"), "has no priority"),
        (lambda o: worker(o)["volumes"].append({"name": "a", "hostPath": {}}), "mounts a hostPath"),
        (lambda o: worker(o)["volumes"].append({"name": "a", "emptyDir": {}}), "may fill the node"),
        (lambda o: worker(o).update(initContainers=[{"name": "a", "image": "b"}]), "worker, a: "),
        (
            lambda o: of_kind(o, "Namespace")[0]["metadata"]["labels"].clear(),
            "the namespace enforces None",
        ),
    ],
)
def test_a_planted_fault_is_found(change: Any, fault: str) -> None:
    found = list(faults(planted(rendered("local"), change)))
    assert found
    assert any(fault in each for each in found), found
