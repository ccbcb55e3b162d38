"""A kind of run, as clients, services and workers agree on it."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from pydantic import Field

from mergehub.contracts.hardware import Hardware, Needs
from mergehub.contracts.messages import Message
from mergehub.contracts.names import Note

LONGEST_TIMEOUT_SECONDS = 14 * 24 * 3600
MOST_WARNINGS = 20


class Create(Message):
    """A request to submit a run: the fields of every kind."""

    if TYPE_CHECKING:  # each kind declares it as a literal
        kind: str

    hardware: Hardware = "cpu"
    needs: Needs | None = Field(
        None,
        description="The resources that it needs, if known; else the first worker finds out.",
    )
    timeout_seconds: int | None = Field(
        None,
        ge=1,
        le=LONGEST_TIMEOUT_SECONDS,
        description="How long an attempt may take; without it, the default of the kind.",
    )


class Spec(Message):
    """All that a worker needs to know to do a run.

    `model_name` is the name of its model in lineage and leaderboard.
    """

    if TYPE_CHECKING:  # each kind declares them, in the order in which its spec shows them
        kind: str
        model_name: str

    @property
    @abstractmethod
    def named(self) -> str:
        """The text in which the submitter named models; its paths may be shown to them again."""


class Result(Message):
    """The result of a run that succeeded, as its worker reports it.

    `device` and `warnings` say how the worker did it; the outcome is the same everywhere.
    """

    if TYPE_CHECKING:
        kind: str

    device: str | None = Field(
        default=None,
        max_length=200,
        description="The device that computed it, `cpu` or a GPU; null if an earlier attempt did.",
    )
    warnings: list[Note] = Field(
        default_factory=list,
        max_length=MOST_WARNINGS,
        description="Sentences about what was not done as asked, such as a GPU that was not used.",
    )


@dataclass(frozen=True)
class RunKind:
    """One kind of run: its messages, and the default time limit of an attempt.

    `makes_model` says that a success makes a model, which other runs may name.
    """

    name: str
    create: type[Create]
    spec: type[Spec]
    result: type[Result]
    timeout_seconds: int
    makes_model: bool = False

    def __post_init__(self) -> None:
        for message in (self.create, self.spec, self.result):
            field = message.model_fields.get("kind")
            if field is None or get_args(field.annotation) != (self.name,):
                raise TypeError(f"{message.__name__} needs a field `kind: Literal[{self.name!r}]`")
        if "model_name" not in self.spec.model_fields:
            raise TypeError(f"{self.spec.__name__} needs a field `model_name: str`")
        if getattr(self.spec, "__abstractmethods__", None):
            raise TypeError(f"{self.spec.__name__} needs the property `named`")
