"""How many Jobs KEDA creates for a ScaledJob at a poll.

The rule is that of KEDA's sources (github.com/kedacore/keda): `IsScaledJobActive` in
pkg/scaling/scaledjob/metrics.go, and `RequestJobScale`, `getScalingDecision` and the strategies in
pkg/scaling/executor/scale_jobs.go. https://keda.sh/docs/latest/reference/scaledjob-spec describes
the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from k8s.objects import environment, of_kind, pods
from k8s.render import rendered


@dataclass(frozen=True)
class Rule:
    """The numbers of a ScaledJob with one trigger of type metrics-api."""

    strategy: str
    value: str
    target: float
    least: int
    most: int
    polling_seconds: float
    deadline_seconds: float = math.inf  # then Kubernetes ends a Job's pod, busy or not

    @classmethod
    def of(cls, scaled_job: dict[str, Any]) -> Rule:
        """The rule of a rendered object."""
        spec = scaled_job["spec"]
        (trigger,) = spec["triggers"]
        assert trigger["type"] == "metrics-api"
        return cls(
            strategy=spec["scalingStrategy"]["strategy"],
            value=trigger["metadata"]["valueLocation"],
            target=float(trigger["metadata"]["targetValue"]),
            least=spec["minReplicaCount"],
            most=spec["maxReplicaCount"],
            polling_seconds=spec["pollingInterval"],
            deadline_seconds=spec["jobTargetRef"].get("activeDeadlineSeconds", math.inf),
        )

    def new_jobs(self, metric: float, unfinished: int, pending: int) -> int:
        """The Jobs to create: `unfinished` ones exist, of which `pending` have no running pod."""
        wanted = min(math.ceil(metric / self.target), self.most)
        if metric <= 0 and self.least == 0:  # the trigger is not active
            return 0
        if unfinished < self.least:
            return self.least - unfinished
        unfinished -= self.least
        if self.strategy == "default":
            effective = wanted - unfinished
        elif self.strategy == "accurate":
            over = wanted + unfinished > self.most
            effective = self.most - unfinished if over else wanted - pending
        else:
            raise ValueError(f"This test does not know the strategy {self.strategy}.")
        return max(0, min(math.ceil(metric), effective))


@cache
def given() -> tuple[Rule, int, float]:
    """The rule, the runs of a worker and its idle seconds, all read from the rendered overlay."""
    objects = rendered("gpu")
    (job,) = of_kind(objects, "ScaledJob")
    told = environment(pods([job])[0], objects)
    return Rule.of(job), int(told["MERGEHUB_RUNS"] or 0), float(told["MERGEHUB_IDLE_SECONDS"] or 0)
