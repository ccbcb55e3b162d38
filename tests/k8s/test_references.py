"""Every object that another one names exists, or is a Secret that the operator makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8s.objects import of_kind, one, planted, pods
from k8s.render import MANIFESTS, OVERLAYS, Object, local_secrets, rendered

pytestmark = pytest.mark.process

README = (MANIFESTS / "README.md").read_text(encoding="utf-8")
EXTERNAL = {  # Secrets and their keys, which are never in the repository
    "mergehub-stores": {"database-url", "redis-url"},
    "mergehub-tokens": {"owner", "worker", "service"},
    "mergehub-keys": {"secrets-keys", "cursor-key"},
    "mergehub-artifacts": {"access-key", "secret-key"},
    "mergehub-signing": {"signing-key", "signing-public-keys"},
    "mergehub-tls": {"tls.crt", "tls.key"},
    "postgres": {"password"},
    "valkey": {"valkey.conf"},
    "s3": {"s3.json"},
}
OF_THE_CLUSTER = {("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")}


def faults(objects: list[Object]) -> Iterator[str]:
    there = {(each["kind"], each["metadata"]["name"]) for each in objects} | OF_THE_CLUSTER
    for owner, kind, called, keys in named(objects):
        if kind == "Secret":
            if called not in EXTERNAL:
                yield f"{owner} names the Secret {called}, which the README does not list"
            elif not keys <= EXTERNAL[called]:
                yield f"{owner} names a key that the Secret {called} lacks: {keys}"
        elif (kind, called) not in there:
            yield f"{owner} names a {kind} that does not exist: {called}"
    if of_kind(objects, "Secret"):
        yield "a Secret is in the repository"
    used = {(kind, called) for _, kind, called, _ in named(objects)}
    for each in of_kind(objects, "ConfigMap", "PersistentVolumeClaim", "ServiceAccount",
                        "PriorityClass"):  # fmt: skip
        if (each["kind"], each["metadata"]["name"]) not in used:
            yield f"nothing uses the {each['kind']} {each['metadata']['name']}"


def named(objects: list[Object]) -> Iterator[tuple[str, str, str, set[str]]]:
    """Each reference: whose, the kind and name of its target, and the keys that it wants."""
    for pod in pods(objects):
        yield pod.name, "ServiceAccount", pod.spec.get("serviceAccountName", "default"), set()
        yield pod.name, "PriorityClass", pod.spec["priorityClassName"], set()
        for container in pod.containers():
            for source in container.get("envFrom", []):
                yield pod.name, "ConfigMap", source["configMapRef"]["name"], set()
            for source in container.get("env", []):
                assert source.get("valueFrom", {}).keys() <= {"fieldRef"}
        for volume in pod.spec.get("volumes", []):
            yield from ((pod.name, *target) for target in of_volume(volume))
    for each in objects:
        owner = f"{each['kind']} {each['metadata']['name']}"
        yield from ((owner, *target) for target in of_object(each))


def of_volume(volume: Object) -> Iterator[tuple[str, str, set[str]]]:
    for part in (volume, *volume.get("projected", {}).get("sources", [])):
        if secret := part.get("secret"):
            keys = {item["key"] for item in secret.get("items", [])}
            yield "Secret", secret.get("secretName") or secret["name"], keys
        if config := part.get("configMap"):
            yield "ConfigMap", config["name"], set()
        if claim := part.get("persistentVolumeClaim"):
            yield "PersistentVolumeClaim", claim["claimName"], set()


def of_object(each: Object) -> Iterator[tuple[str, str, set[str]]]:
    spec = each.get("spec", {})
    if each["kind"] == "HorizontalPodAutoscaler":
        yield spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"], set()
    if each["kind"] == "StatefulSet":
        yield "Service", spec["serviceName"], set()
    if each["kind"] == "Ingress":
        for rule in spec["rules"]:
            for path in rule["http"]["paths"]:
                yield "Service", path["backend"]["service"]["name"], set()
        for tls in spec.get("tls", []):
            yield "Secret", tls["secretName"], set()
    if each["kind"] == "TriggerAuthentication":
        for secret in spec["secretTargetRef"]:
            yield "Secret", secret["name"], {secret["key"]}
    if each["kind"] == "ScaledJob":
        for trigger in spec["triggers"]:
            yield "TriggerAuthentication", trigger["authenticationRef"]["name"], set()
            service, namespace = re.findall(r"//([^.]+)\.([^.]+)\.svc", trigger["metadata"]["url"])[
                0
            ]
            assert namespace == each["metadata"]["namespace"]
            yield "Service", service, set()
    if each["kind"] == "RoleBinding":
        yield each["roleRef"]["kind"], each["roleRef"]["name"], set()
        for subject in each["subjects"]:
            yield subject["kind"], subject["name"], set()
    if each["kind"] == "ValidatingAdmissionPolicyBinding":
        yield "ValidatingAdmissionPolicy", spec["policyName"], set()


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_reference_leads_somewhere(overlay: str) -> None:
    assert list(faults(rendered(overlay))) == []


def test_the_readme_lists_the_secrets_and_their_keys() -> None:
    targets = [target for overlay in OVERLAYS if overlay != "local"
               for target in named(rendered(overlay))]  # fmt: skip
    for called in {called for _, kind, called, _ in targets if kind == "Secret"}:
        (row,) = re.findall(rf"^\| `{called}` \|.*$", README, re.MULTILINE)
        assert all(f"`{key}`" in row for key in EXTERNAL[called]), row


def test_the_script_makes_the_secrets_of_the_local_overlay(tmp_path: Path) -> None:
    secrets = local_secrets(tmp_path / "secrets.yaml")
    made = {each["metadata"]["name"]: set(each["stringData"]) for each in secrets}
    wanted = {called for _, kind, called, _ in named(rendered("local")) if kind == "Secret"}
    assert made == {called: EXTERNAL[called] for called in wanted}


def spec(objects: list[Object]) -> Any:
    return one(objects, "Deployment", "worker")["spec"]["template"]["spec"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda o: spec(o)["containers"][0]["envFrom"][0]["configMapRef"].update(name="a"),
         "names a ConfigMap that does not exist: a"),
        (lambda o: spec(o).update(serviceAccountName="a"), "a ServiceAccount that does not exist"),
        (lambda o: spec(o).update(priorityClassName="a"), "a PriorityClass that does not exist"),
        (lambda o: spec(o)["volumes"].append({"name": "a", "secret": {"secretName": "a"}}),
         "the Secret a, which the README does not list"),
        (lambda o: spec(o)["volumes"][0]["projected"]["sources"][0]["secret"]["items"][0].update(
            key="a"), "a key that the Secret mergehub-stores lacks"),
        (lambda o: o.remove(one(o, "PersistentVolumeClaim", "tasks")),
         "a PersistentVolumeClaim that does not exist: tasks"),
        (lambda o: o.remove(one(o, "Service", "lineage-api")), "a Service that does not exist"),
        (lambda o: o.remove(one(o, "Deployment", "lineage-api")), "a Deployment that does not"),
        (lambda o: o.remove(one(o, "TriggerAuthentication", "registry")),
         "a TriggerAuthentication that does not exist"),
        (lambda o: o.append({"kind": "Secret", "metadata": {"name": "a"}}), "a Secret is in the"),
        (lambda o: o.append({"kind": "ConfigMap", "metadata": {"name": "a"}}),
         "nothing uses the ConfigMap a"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(change: Any, fault: str) -> None:
    found = list(faults(planted(rendered("gpu"), change)))
    assert any(fault in each for each in found), found


def test_no_file_has_a_secret_in_it() -> None:
    for file in Path(MANIFESTS).rglob("*.yaml"):
        assert not re.search(r"kind: Secret\b|mgh_|BEGIN .*PRIVATE", file.read_text()), file
