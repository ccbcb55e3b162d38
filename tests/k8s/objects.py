"""Finds pods, containers and references in rendered objects, and plants faults into a copy."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from k8s.render import Object

TEMPLATES = {  # where an object has the template of its pods
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "ScaledJob": ("spec", "jobTargetRef", "template"),
}


@dataclass(frozen=True)
class Pod:
    """The template of a workload's pods."""

    owner: Object
    template: Object

    @property
    def name(self) -> str:
        return name(self.owner)

    @property
    def spec(self) -> Object:
        return self.template["spec"]

    @property
    def labels(self) -> dict[str, str]:
        return self.template["metadata"]["labels"]

    @property
    def component(self) -> str:
        return self.labels.get("app.kubernetes.io/component", "")

    def containers(self) -> Iterator[Object]:
        yield from self.spec.get("initContainers", [])
        yield from self.spec["containers"]

    def ports(self) -> dict[str, int]:
        """The container ports by name."""
        return {
            port["name"]: port["containerPort"]
            for container in self.containers()
            for port in container.get("ports", [])
        }


def pods(objects: list[Object]) -> list[Pod]:
    """The pods of all workloads."""
    return [Pod(each, _at(each, *path)) for each in objects
            if (path := TEMPLATES.get(each["kind"]))]  # fmt: skip


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    return [each for each in objects if each["kind"] in kinds]


def one(objects: list[Object], kind: str, called: str) -> Object:
    """The object of this kind and name."""
    (found,) = (each for each in of_kind(objects, kind) if each["metadata"]["name"] == called)
    return found


def name(owner: Object) -> str:
    return f"{owner['kind']} {owner['metadata']['name']}"


def matches(selector: Object | None, labels: dict[str, str]) -> bool:
    """Whether a label selector selects these labels; an empty one selects all, None nothing."""
    if selector is None:
        return False
    for rule in selector.get("matchExpressions", []):
        if (labels.get(rule["key"]) in rule["values"]) != (rule["operator"] == "In"):
            return False
    wanted = selector.get("matchLabels", {})
    return all(labels.get(key) == value for key, value in wanted.items())


def environment(pod: Pod, objects: list[Object]) -> dict[str, str | None]:
    """The variables of a pod's first container; the value is None if it is known at start only."""
    container = pod.spec["containers"][0]
    found: dict[str, str | None] = {}
    for source in container.get("envFrom", []):
        found |= one(objects, "ConfigMap", source["configMapRef"]["name"])["data"]
    return found | {each["name"]: each.get("value") for each in container.get("env", [])}


def planted(objects: list[Object], change: Callable[[list[Object]], Any]) -> list[Object]:
    """A copy of the objects with a fault."""
    changed = copy.deepcopy(objects)
    change(changed)
    return changed


def _at(value: Any, *path: str) -> Any:
    for key in path:
        value = value[key]
    return value
