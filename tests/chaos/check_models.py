"""Checks of the disk: complete models with the right bytes, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from mergehub.contracts.runs import RunState

from .evidence import Evidence


def outputs_are_those_of_a_calm_run(evidence: Evidence) -> Iterator[str]:
    dishes = {entry["run"]: entry["dish"] for entry in evidence.of("acknowledged")}
    for run in evidence.runs.values():
        if run["kind"] != "merge":
            continue
        there = run["id"] in evidence.models
        if there != (run["state"] == RunState.SUCCEEDED):
            yield f"the run {run['id']} is {run['state']}; its model is there: {there}"
        elif there:
            digest, calm = run["result"]["output_digest"], evidence.calm.get(dishes[run["id"]])
            if digest != calm:
                yield f"the run {run['id']} made {digest}; {dishes[run['id']]} is {calm} when calm"


def no_model_is_half_written(evidence: Evidence) -> Iterator[str]:
    for entry in evidence.of("visible"):
        if entry["fault"]:
            yield f"the model {entry['run']} became visible and {entry['fault']}"
    for name, fault in evidence.models.items():
        if fault:
            yield f"the model {name} is damaged: {fault}"


def nothing_is_left_behind(evidence: Evidence) -> Iterator[str]:
    for path in evidence.left:
        yield f"{path} was left behind"


def finished_tensors_stay_finished(evidence: Evidence) -> Iterator[str]:
    for journal in evidence.journals:
        if journal.repeated:
            yield f"the run {journal.run} filled {len(journal.repeated)} finished tensors again"
        state = (evidence.runs.get(journal.run) or {}).get("state")
        if state == RunState.SUCCEEDED and journal.at_death and not journal.complete:
            yield f"the run {journal.run} began anew after {journal.at_death} entries"
