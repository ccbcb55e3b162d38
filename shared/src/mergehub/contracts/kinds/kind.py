"""What a kind of run is, as clients, services and workers agree on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pydantic import Field

from mergehub.contracts.hardware import Hardware, Needs
from mergehub.contracts.messages import Message

LONGEST_TIMEOUT_SECONDS = 14 * 24 * 3600


class Create(Message):
    """What a client sends to submit a run: what can be said about every kind."""

    if TYPE_CHECKING:  # each kind declares it as a literal
        kind: str

    hardware: Hardware = "cpu"
    needs: Needs | None = Field(
        None, description="What it takes, where that is known; else the first worker finds out."
    )
    timeout_seconds: int | None = Field(
        None,
        ge=1,
        le=LONGEST_TIMEOUT_SECONDS,
        description="How long one attempt may take; without it, what is usual for its kind.",
    )


class Spec(Message):
    """What a worker needs to do a run: it asks nobody else.

    `model_name` is what lineage and leaderboard call the model that it is about.
    """

    if TYPE_CHECKING:  # each kind declares them, in the order in which its spec shows them
        kind: str
        model_name: str

    @property
    def named(self) -> str:
        """The text in which its submitter named models: paths in it may be shown again."""
        raise NotImplementedError


class Result(Message):
    """What a worker reports of a run that succeeded."""

    if TYPE_CHECKING:
        kind: str


@dataclass(frozen=True)
class RunKind:
    """One kind of run: its messages, and how long an attempt may take unless a run says so.

    `makes_model` says that what succeeds is a model, which other runs may name.
    """

    name: str
    create: type[Create]
    spec: type[Spec]
    result: type[Result]
    timeout_seconds: int
    makes_model: bool = False

    def __post_init__(self) -> None:
        for message in (self.create, self.spec, self.result):
            if get_args(message.model_fields["kind"].annotation) != (self.name,):
                raise TypeError(f"{message.__name__} needs a field `kind: Literal[{self.name!r}]`")
        if "model_name" not in self.spec.model_fields:
            raise TypeError(f"{self.spec.__name__} needs a field `model_name: str`")
