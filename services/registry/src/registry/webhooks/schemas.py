"""The requests and responses about webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from mergehub.contracts.events import TYPES
from mergehub.contracts.examples import TIME, example
from mergehub.contracts.messages import Answer, Message
from mergehub.contracts.strict import Time
from mergehub.kit.paging.pages import Page
from mergehub.kit.problems.choices import one_of
from registry.accounts.schemas import HandleText
from registry.webhooks.bodies.formats import Format
from registry.webhooks.signing import Signature

DeliveryState = Literal["pending", "delivered", "failed"]


NO_PATTERNS = "patterns are not supported: name each type, or no type for all"
EventType = Annotated[
    str,
    Field(max_length=100, json_schema_extra={"enum": list(TYPES)}),
    one_of(lambda: TYPES, "unknown_event_type", lambda given: NO_PATTERNS),
]
Url = Annotated[str, Field(min_length=1, max_length=2000)]
Types = Annotated[
    list[EventType], Field(max_length=100, description="The types of events to send; empty: all.")
]
Description = Annotated[str, Field(max_length=500)]
Ordered = Annotated[
    bool,
    Field(description="Send a subject's events in order; a failed one holds back the next."),
]
FormatOf = Annotated[
    Format,
    Field(
        description="`standard`: each event as a webhook by Standard Webhooks. `openlineage`: runs "
        "as run events of OpenLineage, for a listener such as `https://example.org/api/v1/lineage`."
    ),
]
BearerToken = Annotated[
    str,
    Field(
        max_length=4000,
        pattern=r"^[A-Za-z0-9._~+/-]*=*$",
        description="A token that the receiver asks for, sent as `Authorization: Bearer …`. No "
        "answer shows it. An empty one means none.",
    ),
]
Scheme = Annotated[
    Signature,
    Field(
        description="`v1`: with a secret that you keep. `v1a`: with a key pair, whose public half "
        "verifies but cannot sign."
    ),
]


class EndpointCreate(Message):
    model_config = example(
        url="https://ci.example.org/hooks", types=["run.succeeded", "run.failed"]
    )

    url: Url
    owner: HandleText | None = Field(
        None, description="Your handle (the default), or an organisation's that you write for."
    )
    description: Description = ""
    types: Types = Field(default_factory=list)
    format: FormatOf = "standard"
    ordered: Ordered | None = Field(
        None, description="Without it, endpoints of the format `openlineage` are ordered."
    )
    signature: Scheme = "v1"
    bearer_token: BearerToken = ""


class EndpointUpdate(Message):
    """Omitted fields do not change. Enabling, or another URL, clears the record of failures.

    Another origin in `url` needs `bearer_token` again, if there is one.
    """

    model_config = example(enabled=True)

    url: Url | None = None
    description: Description | None = None
    types: Types | None = None
    ordered: Ordered | None = None
    bearer_token: BearerToken | None = None
    enabled: bool | None = None


class Endpoint(Answer):
    """An endpoint without its secret; `disabled_reason` is `gone`, `failing` or `manual`.

    `public_key` (`whpk_`) verifies signatures of the scheme `v1a`.
    """

    id: UUID
    owner: str
    url: str
    description: str
    types: list[str]
    format: Format
    ordered: bool
    signature: Signature
    public_key: str | None
    has_bearer_token: bool
    enabled: bool
    disabled_at: datetime | None
    disabled_reason: str | None
    failing_since: datetime | None
    paused_until: datetime | None
    previous_until: datetime | None = Field(
        description="Until when the previous secret signs as well."
    )
    created_at: datetime


class EndpointWithSecret(Endpoint):
    """The only answer that shows the secret of a `v1` signature. Keep it."""

    secret: str | None


class EndpointPage(Page[Endpoint]):
    """Newest first."""


class Delivery(Answer):
    """One event for one endpoint; `due_at` is the next attempt of a pending one."""

    id: int
    endpoint_id: UUID
    message: str = Field(description="The `webhook-id`, the same for all attempts.")
    type: str
    subject: str
    event_time: datetime
    state: DeliveryState
    attempt: int
    due_at: datetime
    created_at: datetime
    finished_at: datetime | None


class Attempt(Answer):
    """One attempt: the status and the beginning of the answer, or the error."""

    number: int
    at: datetime
    milliseconds: int
    status: int | None
    error: str | None
    answer: str


class DeliveryWithAttempts(Delivery):
    payload: dict[str, Any]
    attempts: list[Attempt]


class DeliveryPage(Page[Delivery]):
    """Newest first."""


class Nothing(Message):
    """An empty body."""


class Rotation(Message):
    """If the scheme changes, requests carry signatures of both for a day."""

    model_config = example(signature="v1a")

    signature: Annotated[
        Signature | None, Field(description="The scheme to sign with from now on; null: as before.")
    ] = None


class ReplayRange(Message):
    """The events of a time range, without `until` itself; `all` includes delivered ones.

    Deliveries that wait for a retry are sent at once, with all their attempts again.
    """

    model_config = example(since=TIME, only="undelivered")

    since: Time
    until: Time | None = None
    only: Literal["undelivered", "all"] = "undelivered"


class Replayed(Answer):
    """How many deliveries are due again; if not `complete`, repeat the request for the rest."""

    deliveries: int
    complete: bool
