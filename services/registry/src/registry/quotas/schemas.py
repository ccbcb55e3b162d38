"""What goes in and out about quotas."""

from __future__ import annotations

from pydantic import Field

from mergehub.contracts.examples import example
from mergehub.contracts.messages import Answer, Message
from mergehub.kit.settings.sign_in import QuotaName


class QuotaSet(Message):
    model_config = example(limit=200)

    limit: int | None = Field(ge=0, lt=2**31, description="How many at most; null: any number.")


class Quota(Answer):
    """How many an account has and may have; no `limit` means any number."""

    name: QuotaName
    counts: str = Field(description="What is counted.")
    limit: int | None
    used: int


class QuotaList(Answer):
    items: list[Quota]
