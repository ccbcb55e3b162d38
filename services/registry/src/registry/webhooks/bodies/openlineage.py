"""Events of runs as OpenLineage's run events.

A run is a run, by its own id. A merge completes with `model.produced`, which names what the model
was made from; before, it is not known which models of a recipe are read. Any other run reads one
model. `run.queued` has no form, nor has the end of a run that never started.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_

from mergehub.contracts.events import ModelProduced, RunChanged
from mergehub.contracts.kinds import MAKERS
from mergehub.contracts.names import UNWRITTEN
from mergehub.kit.events.outbox import OutboxColumns
from mergehub.openlineage import Json, Parent, Producer, State

PRODUCED, SUCCEEDED, TEST = "model.produced", "run.succeeded", "webhook.test"


def body_of(event: OutboxColumns, hub: str) -> str | None:
    """The body of the deliveries of an event of the `hub`; None if it has no form."""
    form = FORMS.get(event.type)
    made = form(event, Producer(hub)) if form else None
    return None if made is None else json.dumps(made, separators=(",", ":"), ensure_ascii=False)


def subject_of(event: OutboxColumns) -> str:
    """The run, so that an ordered endpoint gets the events of a run one after the other."""
    return f"runs/{event.data['run']}" if event.type == PRODUCED else event.subject


def has_form(table: type[OutboxColumns]) -> ColumnElement[bool]:
    """Whether an event of the table has a form, as `body_of` decides it."""
    started = table.data["started_at"].astext.is_not(None)
    makes_model = table.data["kind"].astext.in_(MAKERS)
    ends = or_(table.type != SUCCEEDED, ~makes_model)
    return or_(table.type == PRODUCED, and_(table.type.in_(FORMS), started, ends))


def _changed(state: State) -> Callable[[OutboxColumns, Producer], Json | None]:
    """The form of an event that reports a `state`."""
    return lambda event, producer: _run(state, event, producer)


def _run(state: State, event: OutboxColumns, producer: Producer) -> Json | None:
    told = RunChanged.model_validate(event.data)
    makes_model = told.kind in MAKERS
    if told.started_at is None or (makes_model and event.type == SUCCEEDED):
        return None
    if state == "START" and told.started_at != event.time:
        state = "RUNNING"  # another attempt
    name = told.model_name or ""
    model = [] if name.startswith(UNWRITTEN) else [producer.model(name)]
    ended = state in ("FAIL", "ABORT")
    return producer.run_event(
        state,
        event.time,
        told.run,
        producer.job(told.kind, name, told.recipe_version),
        inputs=[] if makes_model else model,
        outputs=model if makes_model and not ended else [],
        error=told.error_message if state == "FAIL" else None,
    )


def _produced(event: OutboxColumns, producer: Producer) -> Json:
    told = ModelProduced.model_validate(event.data)
    parents = [
        Parent(
            name=parent.name,
            relation=parent.relation,
            role=parent.role,
            digest=parent.digest,
            method=told.method,
            weight=parent.weight,
        )
        for parent in told.parents
    ]
    return producer.run_event(
        "COMPLETE",
        event.time,
        told.run,
        producer.job("merge", told.name, told.recipe_version),
        inputs=producer.inputs(parents),
        outputs=[producer.model(told.name, told.digest, parents)],
    )


def _tested(event: OutboxColumns, producer: Producer) -> Json:
    """A run of a job of its own, so that a test of an endpoint changes nothing else there."""
    run = UUID(str(event.event_id))
    return producer.run_event("COMPLETE", event.time, run, producer.job("test", "webhook"))


FORMS: Mapping[str, Callable[[OutboxColumns, Producer], Json | None]] = {
    "run.started": _changed("START"),
    SUCCEEDED: _changed("COMPLETE"),
    PRODUCED: _produced,
    "run.failed": _changed("FAIL"),
    "run.cancelled": _changed("ABORT"),
    TEST: _tested,
}
"""The types of events that have a form."""
