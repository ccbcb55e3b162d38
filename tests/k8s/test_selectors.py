"""Every selector selects pods, and every port that is named exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from k8s.objects import Pod, matches, name, of_kind, one, planted, pods
from k8s.render import OVERLAYS, Object, rendered

pytestmark = pytest.mark.process


def faults(objects: list[Object]) -> Iterator[str]:
    ours = pods(objects)
    for pod in ours:
        yield from own_selector(pod, ours)
        yield from probed_ports(pod)
        for spread in pod.spec.get("topologySpreadConstraints", []):
            if not matches(spread["labelSelector"], pod.labels):
                yield f"{pod.name} spreads other pods"
    for each in of_kind(objects, "Service"):
        chosen = [pod for pod in ours if matches(each["spec"]["selector"] and
                  {"matchLabels": each["spec"]["selector"]}, pod.labels)]  # fmt: skip
        if len(chosen) != 1:
            yield f"{name(each)} selects {sorted(pod.name for pod in chosen)}"
        for port in each["spec"]["ports"]:
            if any(port["targetPort"] not in pod.ports() for pod in chosen):
                yield f"{name(each)} leads to no port: {port['targetPort']}"
    for each in of_kind(objects, "PodDisruptionBudget", "NetworkPolicy"):
        selector = each["spec"].get("selector", each["spec"].get("podSelector"))
        if not any(matches(selector, pod.labels) for pod in ours):
            yield f"{name(each)} selects nothing"
    yield from monitored(objects)


def own_selector(pod: Pod, ours: list[Pod]) -> Iterator[str]:
    """A workload must select its own pods and no others, or two would fight for them."""
    selector = pod.owner["spec"].get("selector")
    if pod.owner["kind"] in ("Deployment", "StatefulSet"):
        chosen = [other.name for other in ours if matches(selector, other.labels)]
        if chosen != [pod.name]:
            yield f"{pod.name} selects {chosen}"


def probed_ports(pod: Pod) -> Iterator[str]:
    for container in pod.containers():
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            asked = container.get(probe, {})
            port = (asked.get("httpGet") or asked.get("tcpSocket") or {}).get("port")
            if port is not None and port not in pod.ports():
                yield f"{pod.name}: the {probe} asks a port that does not exist: {port}"


def monitored(objects: list[Object]) -> Iterator[str]:
    """Each program that has metrics must be asked for them exactly once."""
    seen: Counter[str] = Counter()
    for monitor in of_kind(objects, "ServiceMonitor", "PodMonitor"):
        for pod in pods(objects):  # alerts group by job
            asked = pod.ports().keys() & {"http", "metrics"}
            if asked and monitor["spec"].get("jobLabel") not in pod.labels:
                yield f"{name(monitor)} finds no job for {pod.name}"
    for monitor in of_kind(objects, "ServiceMonitor"):
        for service in of_kind(objects, "Service"):
            if matches(monitor["spec"]["selector"], service["metadata"].get("labels", {})):
                there = {port["name"] for port in service["spec"]["ports"]}
                if monitor["spec"]["endpoints"][0]["port"] not in there:
                    yield f"{name(monitor)} asks a port that {name(service)} lacks"
                seen.update(pod.name for pod in pods(objects) if matches(
                    {"matchLabels": service["spec"]["selector"]}, pod.labels))  # fmt: skip
    for monitor in of_kind(objects, "PodMonitor"):
        for pod in pods(objects):
            if matches(monitor["spec"]["selector"], pod.labels):
                if monitor["spec"]["podMetricsEndpoints"][0]["port"] not in pod.ports():
                    yield f"{name(monitor)} asks a port that {pod.name} lacks"
                seen[pod.name] += 1
    if seen:
        want = {pod.name for pod in pods(objects) if pod.ports().keys() & {"http", "metrics"}}
        for wrong in want ^ seen.keys() | {each for each, count in seen.items() if count > 1}:
            yield f"{wrong} is monitored {seen[wrong]} times"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_selector_and_port_leads_somewhere(overlay: str) -> None:
    assert list(faults(rendered(overlay))) == []


def deployment(objects: list[Object], called: str = "lineage-api") -> Any:
    return one(objects, "Deployment", called)["spec"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda o: deployment(o)["selector"]["matchLabels"].pop("app.kubernetes.io/name"),
         "Deployment lineage-api selects ["),
        (lambda o: deployment(o)["template"]["metadata"]["labels"].pop("app.kubernetes.io/name"),
         "Deployment lineage-api selects []"),
        (lambda o: one(o, "Service", "lineage-api")["spec"]["selector"].update(a="b"),
         "Service lineage-api selects []"),
        (lambda o: one(o, "Service", "lineage-api")["spec"]["ports"][0].update(targetPort="web"),
         "Service lineage-api leads to no port: web"),
        (lambda o: deployment(o)["template"]["spec"]["containers"][0]["livenessProbe"]["httpGet"]
         .update(port="web"), "the livenessProbe asks a port that does not exist: web"),
        (lambda o: one(o, "PodDisruptionBudget", "lineage-api")["spec"]["selector"]["matchLabels"]
         .update(a="b"), "PodDisruptionBudget lineage-api selects nothing"),
        (lambda o: deployment(o)["template"]["spec"]["topologySpreadConstraints"][0][
            "labelSelector"]["matchLabels"].update(a="b"), "lineage-api spreads other pods"),
        (lambda o: one(o, "PodMonitor", "programs")["spec"]["selector"]["matchExpressions"][0][
            "values"].remove("gpu-worker"), "ScaledJob worker-gpu is monitored 0 times"),
        (lambda o: one(o, "PodMonitor", "programs")["spec"].pop("jobLabel"),
         "PodMonitor programs finds no job for Deployment worker"),
        (lambda o: one(o, "ServiceMonitor", "services")["spec"]["endpoints"][0].update(port="web"),
         "ServiceMonitor services asks a port that Service"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(change: Any, fault: str) -> None:
    found = list(faults(planted(rendered("gpu"), change)))
    assert any(fault in each for each in found), found
