"""A complete event of each type: each release keeps them, and all later ones must read them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from mergehub.contracts.events import (
    AblationCompleted,
    Envelope,
    EvaluationCompleted,
    EventData,
    ModelProduced,
    RecipeCommented,
    RecipePublished,
    RunChanged,
    ToldCandidate,
    ToldParent,
    ToldScore,
    WebhookDisabled,
    WebhookTested,
)

SOURCE = "registry"
BEGAN = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)
STARTED = BEGAN.replace(second=3)
"""When a worker began the run of the history: the time of the third event."""


def samples() -> list[Envelope]:
    """A short history, numbered from 1, in which every field of every type occurs."""
    return [
        Envelope(
            id=_id(1_000 + sequence),
            source=SOURCE,
            sequence=sequence,
            type=event_type,
            time=BEGAN.replace(second=sequence),
            subject=subject,
            data=data.model_dump(mode="json"),
        )
        for sequence, (event_type, subject, data) in enumerate(_history(), start=1)
    ]


def _history() -> Iterator[tuple[str, str, EventData]]:
    yield "recipe.published", f"recipes/{_id(1)}", _recipe()
    yield "run.queued", f"runs/{_id(3)}", _run(3, "merge", 0, None)
    yield "run.started", f"runs/{_id(3)}", _run(3, "merge", 1, STARTED)
    yield "run.succeeded", f"runs/{_id(3)}", _run(3, "merge", 1, STARTED)
    yield "model.produced", "models/org/soup", _produced("org/soup", _id(2), _parents())
    yield "model.produced", "models/plain", _produced("plain", None, [_parent("org/base")])
    yield "evaluation.completed", "models/org/soup", _evaluated()
    yield "run.failed", f"runs/{_id(4)}", _failed()
    yield "run.cancelled", f"runs/{_id(5)}", _run(5, "merge", 0, None)
    yield "ablation.completed", "models/org/soup", _ablated()
    yield "webhook.disabled", f"webhooks/{_id(7)}", _disabled()
    yield "recipe.commented", f"recipes/{_id(1)}", _commented(None)
    yield "recipe.commented", f"recipes/{_id(1)}", _commented(1)
    yield "webhook.test", f"webhooks/{_id(7)}", WebhookTested(endpoint=_id(7))


def _id(number: int) -> UUID:
    return UUID(int=number, version=4)


def _recipe() -> RecipePublished:
    return RecipePublished(
        recipe=_id(1), version=_id(2), number=1, name="soup", digest="sha256:recipe"
    )


def _commented(parent: int | None) -> RecipeCommented:
    number = 1 + (parent or 0)
    return RecipeCommented(recipe=_id(1), name="soup", number=number, parent=parent, author="ann")


def _run(run: int, kind: str, attempt: int, started: datetime | None) -> RunChanged:
    return RunChanged(
        run=_id(run),
        kind=kind,
        hardware="cpu",
        attempt=attempt,
        model_name="org/soup",
        recipe_version=_id(2) if kind == "merge" else None,
        started_at=started,
    )


def _failed() -> RunChanged:
    error = {
        "error_code": "attempts-exhausted",
        "error_message": "All 5 attempts are used up. The worker w1 stopped sending heartbeats.",
    }
    return _run(4, "evaluate", 5, STARTED).model_copy(update=error)


def _produced(name: str, version: UUID | None, parents: list[ToldParent]) -> ModelProduced:
    return ModelProduced(
        run=_id(3),
        name=name,
        digest=f"sha256:{name}",
        method="ties",
        recipe_version=version,
        recipe_digest="sha256:recipe",
        parents=parents,
    )


def _parents() -> list[ToldParent]:
    base = _parent("org/base", digest="sha256:base", relation="merge", role="base")
    return [
        base,
        _parent("org/left", weight=0.5, layers=[(0, 8), (12, 16)]),
        _parent("org/base+dates", relation="adapter", weight=1.0, base=base),
        _parent("org/tuned", relation="finetune"),
        _parent("org/small", relation="quantized"),
    ]


def _parent(name: str, **told: Any) -> ToldParent:
    return ToldParent.model_validate({"name": name, **told})


def _evaluated() -> EvaluationCompleted:
    return EvaluationCompleted(
        run=_id(6),
        model="org/soup",
        model_digest="sha256:org/soup",
        benchmark="gsm8k",
        version="3",
        metric="exact_match",
        value=0.625,
        stderr=0.0125,
        count=1319,
        shots=5,
        harness="lm-eval 0.4.9",
        harness_version="0.4.9",
        task_hash="sha256:gsm8k",
        precision="float32",
        chat_template=False,
        seed=1234,
        batch_size=16,
        limited=False,
        cached=False,
    )


def _ablated() -> AblationCompleted:
    whole = _candidate(None, "The whole merge.", 0.625)
    without = _candidate(
        "org/left",
        "The remaining weights are divided by their sum, as the recipe's `normalize` says.",
        0.5,
    )
    return AblationCompleted(
        run=_id(8),
        model="org/soup",
        method="ties",
        recipe_version=_id(2),
        recipe_digest="sha256:recipe",
        harness="lm-eval 0.4.9",
        candidates=[whole, without],
    )


def _candidate(without: str | None, how: str, value: float) -> ToldCandidate:
    score = ToldScore(
        benchmark="gsm8k",
        version="3",
        metric="exact_match",
        value=value,
        stderr=0.0125,
        count=1319,
        shots=5,
        task_hash="sha256:gsm8k",
        precision="float32",
        chat_template=False,
        seed=1234,
        limited=False,
    )
    digest = f"sha256:org/soup-{without}" if without else "sha256:org/soup"
    return ToldCandidate(without=without, how=how, model_digest=digest, results=[score])


def _disabled() -> WebhookDisabled:
    return WebhookDisabled(endpoint=_id(7), reason="failing", failing_since=BEGAN)
