"""The NetworkPolicies allow exactly the arrows that programs need, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from k8s.objects import Pod, matches, of_kind, one, planted, pods
from k8s.render import OVERLAYS, Object, rendered
from mergehub.contracts.services import SERVICES

pytestmark = pytest.mark.process

Arrow = tuple[str, str, int]
Peer = str | Pod  # a pod of ours, or something else by its name

PRIVATE = {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"}
NAMES = [service.name for service in SERVICES]
APIS, BACKGROUND = ([f"{name}-{part}" for name in NAMES] for part in ("api", "background"))
MIGRATE = [f"{name}-migrate" for name in NAMES]
REGISTRY, *OTHERS = [(f"{name}-api", f"{name}-background") for name in NAMES]


def needed(objects: list[Object]) -> set[Arrow]:
    """The arrows that an overlay's programs need."""
    there = {each["metadata"]["name"] for each in objects}
    workers = [pod.owner["metadata"]["name"] for pod in pods(objects) if "worker" in pod.component]
    ask_registry = [name for pair in OTHERS for name in pair] + workers
    use_database, use_redis = [*APIS, *BACKGROUND, *MIGRATE, "backup"], APIS + BACKGROUND + workers
    use_store = [*workers, *REGISTRY, "backup"]
    everyone = [pod.owner["metadata"]["name"] for pod in pods(objects)]
    arrows = {(name, "dns", 53) for name in everyone}
    arrows |= {("namespace ingress", api, 8000) for api in APIS}
    arrows |= {(name, "registry-api", 8000) for name in ask_registry}
    arrows.add(("lineage-api", "leaderboard-api", 8000))
    arrows.add(("registry-api", "lineage-api", 8000))
    arrows.add(("leaderboard-background", "lineage-api", 8000))
    arrows |= {(name, "internet", 443) for name in [*REGISTRY, *workers]}
    arrows |= {(name, "anywhere", 5432) for name in use_database}
    arrows |= {(name, "anywhere", 6379) for name in use_redis}
    arrows |= {(name, "anywhere", port) for name in use_store for port in (443, 8333)}
    if "postgres" in there:
        arrows |= {(name, "s3", 8333) for name in use_store}
        arrows |= {(name, "postgres", 5432) for name in use_database}
        arrows |= {(name, "valkey", 6379) for name in use_redis}
    if of_kind(objects, "ScaledJob"):
        arrows.add(("namespace keda", "registry-api", 8000))
    if "gpu-workers" in there:
        arrows |= {("worker-gpu", "anywhere", port) for port in (443, 6443)}
    if of_kind(objects, "PodMonitor"):
        arrows |= {("namespace monitoring", api, 8000) for api in APIS}
        arrows |= {("namespace monitoring", name, 9000) for name in BACKGROUND + workers}
    return arrows


def allowed(objects: list[Object]) -> set[Arrow]:
    """The arrows that the policies allow, for pods that are isolated in both directions."""
    policies, ours = of_kind(objects, "NetworkPolicy"), pods(objects)
    found: set[Arrow] = set()
    for pod in ours:
        me = pod.owner["metadata"]["name"]
        for policy in selecting(policies, pod, "Egress"):
            for rule in policy["spec"].get("egress", []):
                # Without `to` it is anywhere, so also each pod that lets it enter.
                to = [*peers(rule.get("to"), ours), *(ours if "to" not in rule else ())]
                found |= {
                    (me, called(peer), port)
                    for peer in to
                    for port in ports(rule, peer)
                    if isinstance(peer, str) or enters(policies, pod, peer, port)
                }
        for policy in selecting(policies, pod, "Ingress"):
            for rule in policy["spec"].get("ingress", []):
                found |= {(peer, me, port) for peer in peers(rule.get("from"), ours)
                          if isinstance(peer, str) for port in ports(rule, pod)}  # fmt: skip
    return found


def enters(policies: list[Object], source: Pod, target: Pod, port: int) -> bool:
    """Whether the policies of `target` let `source` in."""
    return any(
        port in ports(rule, target) and source in peers(rule.get("from"), [source])
        for policy in selecting(policies, target, "Ingress")
        for rule in policy["spec"].get("ingress", [])
    )


def selecting(policies: list[Object], pod: Pod, direction: str) -> list[Object]:
    chosen = [each for each in policies if direction in each["spec"]["policyTypes"]
              and matches(each["spec"]["podSelector"], pod.labels)]  # fmt: skip
    assert any(not each["spec"]["podSelector"] for each in chosen), f"{pod.name} is not isolated"
    return chosen


def peers(given: list[Object] | None, ours: list[Pod]) -> Iterator[Peer]:
    if given is None:
        yield "anywhere"
    for each in given or ():
        if "ipBlock" in each:
            cidr = each["ipBlock"]["cidr"]
            public = cidr == "2000::/3" or set(each["ipBlock"].get("except", ())) == PRIVATE
            yield "internet" if public else f"addresses {cidr}"
        elif "namespaceSelector" in each:
            (space,) = each["namespaceSelector"]["matchLabels"].values()
            yield "dns" if space == "kube-system" else f"namespace {space}"
        else:
            yield from (pod for pod in ours if matches(each["podSelector"], pod.labels))


def ports(rule: Object, target: Peer) -> set[int]:
    """The port numbers of a rule; a name is a port of the target."""
    assert rule.get("ports"), f"a rule allows every port: {rule}"
    named = target.ports() if isinstance(target, Pod) else {}
    given = [each["port"] for each in rule["ports"]]
    return {each if isinstance(each, int) else named[each] for each in given
            if isinstance(each, int) or each in named}  # fmt: skip


def called(peer: Peer) -> str:
    return peer if isinstance(peer, str) else str(peer.owner["metadata"]["name"])


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_policies_allow_exactly_what_is_needed(overlay: str) -> None:
    objects = rendered(overlay)
    assert allowed(objects) == needed(objects)


def policy(objects: list[Object], called: str) -> Any:
    return one(objects, "NetworkPolicy", called)["spec"]


def labels(objects: list[Object], deployment: str) -> Any:
    return one(objects, "Deployment", deployment)["spec"]["template"]["metadata"]["labels"]


@pytest.mark.parametrize(
    ("change", "surplus", "missing"),
    [
        (lambda o: o.remove(one(o, "NetworkPolicy", "database-from-services")),
         set(), {("lineage-api", "postgres", 5432), ("registry-migrate", "postgres", 5432)}),
        (lambda o: policy(o, "gateway-to-api").update(
            podSelector={}, ingress=[{**policy(o, "gateway-to-api")["ingress"][0],
                                      "ports": [{"port": 6379}]}]),
         {("namespace ingress", "valkey", 6379)}, {("namespace ingress", "lineage-api", 8000)}),
        (lambda o: policy(o, "redis-from-programs")["ingress"][0].pop("from"),
         {("anywhere", "valkey", 6379)}, set()),
        (lambda o: labels(o, "registry-background").update({"uses-registry": "true"}),
         {("registry-background", "registry-api", 8000)}, set()),
        (lambda o: policy(o, "programs-to-registry")["egress"].clear(),
         set(), {("worker", "registry-api", 8000), ("lineage-api", "registry-api", 8000)}),
        (lambda o: policy(o, "programs-to-internet")["egress"][0]["to"][0]["ipBlock"].pop("except"),
         {("worker", "addresses 0.0.0.0/0", 443)}, set()),
        (lambda o: labels(o, "worker").update({"uses-database": "true"}),
         {("worker", "postgres", 5432), ("worker", "anywhere", 5432)}, set()),
    ],
)  # fmt: skip
def test_a_planted_fault_is_found(change: Any, surplus: set[Arrow], missing: set[Arrow]) -> None:
    objects = rendered("local")
    right, changed = needed(objects), planted(objects, change)
    assert surplus <= allowed(changed) - right
    assert missing <= right - allowed(changed)
    assert surplus or missing


def test_a_pod_that_nothing_isolates_is_found() -> None:
    objects = rendered("local")
    with pytest.raises(AssertionError, match="is not isolated"):
        allowed(planted(objects, lambda o: o.remove(one(o, "NetworkPolicy", "default-deny"))))
