"""Releases, evictions and scaling never take away the last replica or a run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from k8s.objects import Pod, environment, matches, name, of_kind, one, planted, pods
from k8s.render import OVERLAYS, Object, rendered
from merge_worker.execution.slot import DRAIN_SECONDS
from mergehub import __version__

pytestmark = pytest.mark.process

PROBES = {  # what the probes of a program must ask: they start, are ready, and live
    "api": ("/healthz", "/readyz", "/healthz"),
    "background": ("/healthz", None, "/healthz"),
    "worker": ("/healthz", "/readyz", "/healthz"),
    "gpu-worker": ("/healthz", "/readyz", "/healthz"),
}
SPARE_SECONDS = 10  # beside what a worker needs to hand its run back
OURS = ("api", "background", "migrate", "worker", "model-cache", "backup")


def faults(objects: list[Object]) -> Iterator[str]:
    for pod in pods(objects):
        yield from probes(pod)
        yield from versions(pod)
        if "worker" in pod.component:
            yield from grace(pod, environment(pod, objects))
        if pod.component == "api":
            yield from gradual(pod.owner)
    yield from scaled(objects)
    yield from jobs(objects)


def probes(pod: Pod) -> Iterator[str]:
    container = pod.spec["containers"][0]
    asked = [container.get(probe) for probe in ("startupProbe", "readinessProbe", "livenessProbe")]
    wanted = PROBES.get(pod.component)
    if wanted and tuple(each and each["httpGet"]["path"] for each in asked) != wanted:
        yield f"{pod.name} has other probes than {wanted}"
    if pod.owner["kind"] == "StatefulSet" and None in asked:
        yield f"{pod.name} lacks a probe"


def versions(pod: Pod) -> Iterator[str]:
    for container in pod.containers():
        tag = container["image"].rpartition(":")[2]
        if container["name"] in OURS and tag != __version__:
            yield f"{pod.name} has version {tag}, not {__version__}"


def grace(pod: Pod, variables: dict[str, str | None]) -> Iterator[str]:
    needed = float(variables["MERGEHUB_DRAIN_SECONDS"] or 0) + DRAIN_SECONDS + SPARE_SECONDS
    if pod.spec.get("terminationGracePeriodSeconds", 30) < needed:
        yield f"{pod.name} is killed before it has handed its run back, after {needed} s"


def gradual(deployment: Object) -> Iterator[str]:
    if deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] != 0:
        yield f"{name(deployment)} ends old replicas before new ones are ready"


def scaled(objects: list[Object]) -> Iterator[str]:
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        spec = scaler["spec"]
        target = one(objects, spec["scaleTargetRef"]["kind"], spec["scaleTargetRef"]["name"])
        if "replicas" in target["spec"]:
            yield f"{name(target)} sets replicas, which {name(scaler)} decides"
        if not 1 <= spec["minReplicas"] <= spec["maxReplicas"]:
            yield f"{name(scaler)} has no room"
        requests = target["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]
        if spec["metrics"][0]["resource"]["name"] not in requests:
            yield f"{name(scaler)} compares with a request that {name(target)} lacks"
    least = {each["spec"]["scaleTargetRef"]["name"]: each["spec"]["minReplicas"]
             for each in of_kind(objects, "HorizontalPodAutoscaler")}  # fmt: skip
    for budget in of_kind(objects, "PodDisruptionBudget"):
        spec = budget["spec"]
        for pod in pods(objects):
            if matches(spec["selector"], pod.labels):
                count = least.get(pod.owner["metadata"]["name"], pod.owner["spec"].get("replicas"))
                if not spec.get("maxUnavailable", count - spec.get("minAvailable", 0)) >= 1:
                    yield f"{name(budget)} lets no node be emptied"


def jobs(objects: list[Object]) -> Iterator[str]:
    for job in of_kind(objects, "Job"):
        if not job["spec"].get("ttlSecondsAfterFinished"):
            yield f"{name(job)} stays, and the next release cannot change it"
        if {"argocd.argoproj.io/sync-options", "kustomize.toolkit.fluxcd.io/force"} - job[
            "metadata"
        ].get("annotations", {}).keys():
            yield f"{name(job)} cannot be replaced by Argo CD and Flux"
    for job in of_kind(objects, "ScaledJob"):
        target = job["spec"]["jobTargetRef"]
        if job["spec"]["rollout"]["strategy"] != "gradual":
            yield f"{name(job)} ends busy workers at each release"
        if "activeDeadlineSeconds" in target:
            yield f"{name(job)} ends workers that are busy for long"
        if target["template"]["spec"].get("restartPolicy") != "Never" or target["backoffLimit"]:
            yield f"{name(job)} repeats workers without work"
        variables = environment(pods([job])[0], objects)
        if not {"MERGEHUB_RUNS", "MERGEHUB_IDLE_SECONDS"} <= variables.keys():
            yield f"{name(job)} starts workers that never end"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_takes_away_the_last_replica_or_a_run(overlay: str) -> None:
    assert list(faults(rendered(overlay))) == []


def test_production_keeps_two_replicas_of_each_service() -> None:
    least = [each["spec"]["minReplicas"]
             for each in of_kind(rendered("production"), "HorizontalPodAutoscaler")]  # fmt: skip
    assert least == [2, 2, 2]


def test_a_busy_gpu_worker_may_tell_its_cost_and_nothing_else_has_a_token() -> None:
    objects = rendered("gpu-deployment")
    holders = [pod.name for pod in pods(objects) for volume in pod.spec.get("volumes", [])
               for source in volume.get("projected", {}).get("sources", [])
               if "serviceAccountToken" in source]  # fmt: skip
    assert holders == ["Deployment worker-gpu"]
    assert one(objects, "Role", "gpu-workers")["rules"] == [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["patch"]}
    ]
    told = environment(pods(of_kind(objects, "Deployment"))[-1], objects)
    assert told["MERGEHUB_POD_ACCOUNT"] == "/run/secrets/kubernetes"
    for overlay in OVERLAYS:
        assert (overlay == "gpu-deployment") == bool(of_kind(rendered(overlay), "Role"))


def deployment(objects: list[Object], called: str = "lineage-api") -> Any:
    return one(objects, "Deployment", called)["spec"]


def first(objects: list[Object], called: str) -> Any:
    return deployment(objects, called)["template"]["spec"]["containers"][0]


def job(objects: list[Object]) -> Any:
    return one(objects, "ScaledJob", "worker-gpu")["spec"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda o: deployment(o).update(replicas=3), "sets replicas, which"),
        (lambda o: deployment(o)["strategy"]["rollingUpdate"].update(maxUnavailable=1),
         "ends old replicas before new ones are ready"),
        (lambda o: first(o, "worker")["readinessProbe"]["httpGet"].update(path="/healthz"),
         "Deployment worker has other probes"),
        (lambda o: first(o, "lineage-api").pop("readinessProbe"), "lineage-api has other probes"),
        (lambda o: first(o, "worker").update(image="worker:0.0.9"), "has version 0.0.9"),
        (lambda o: deployment(o, "worker")["template"]["spec"].update(
            terminationGracePeriodSeconds=3600), "is killed before it has handed its run back"),
        (lambda o: one(o, "PodDisruptionBudget", "lineage-api")["spec"].update(maxUnavailable=0),
         "lets no node be emptied"),
        (lambda o: one(o, "HorizontalPodAutoscaler", "lineage-api")["spec"].update(maxReplicas=1),
         "has no room"),
        (lambda o: first(o, "lineage-api")["resources"]["requests"].pop("cpu"), "a request that"),
        (lambda o: one(o, "Job", "lineage-migrate")["spec"].pop("ttlSecondsAfterFinished"),
         "the next release cannot change it"),
        (lambda o: one(o, "Job", "lineage-migrate")["metadata"].pop("annotations"),
         "cannot be replaced by"),
        (lambda o: job(o)["rollout"].update(strategy="immediate"), "ends busy workers at each"),
        (lambda o: job(o)["jobTargetRef"].update(activeDeadlineSeconds=60), "busy for long"),
        (lambda o: job(o)["jobTargetRef"].update(backoffLimit=6), "repeats workers"),
        (lambda o: job(o)["jobTargetRef"]["template"]["spec"]["containers"][0]["env"].pop(),
         "starts workers that never end"),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(change: Any, fault: str) -> None:
    found = list(faults(planted(rendered("gpu"), change)))
    assert any(fault in each for each in found), found
