"""The requests about flags."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mergehub.contracts.examples import example
from mergehub.contracts.messages import Message


class FlagCreate(Message):
    model_config = example(
        kind="contaminated",
        reason="Its training data contains the test questions of gsm8k.",
        evidence="https://example.org/report",
    )

    kind: Literal["contaminated"]
    reason: str = Field(min_length=1, max_length=1000)
    evidence: str | None = Field(None, max_length=1000, description="Where it can be read up.")
