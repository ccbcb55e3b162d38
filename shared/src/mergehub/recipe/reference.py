"""References to models: `org/name@revision+adapter@revision`, a path, `s3://…` or `run:<uuid>`."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Any
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    field_validator,
    model_serializer,
    model_validator,
)

from mergehub.recipe.yaml.limits import MAX_REPEATED

from .faults import excerpt, printable
from .scalars import describe

MAX_LENGTH = 1024
RUN = "run:"
PATHS = ("/", "./", "../", "~")
"""A name that begins with one of these is a path and nothing else."""
_KEPT = 4096
_LONGEST_KEPT = 200
"""So many references are kept as they were read, if they are no longer than this: one check reads
each of a recipe's several times, and recipes name the same models again and again."""


class ModelRef(BaseModel):
    """One ingredient: a model, optionally at a revision, optionally with a LoRA adapter on top.

    In a recipe it is written as a string, which `str` returns. The mapping form
    `{model: {path, revision}, lora: {path, revision}}` of mergekit is read as well.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str
    revision: str | None = None
    adapter: ModelRef | None = None

    @classmethod
    def parse(cls, text: str) -> ModelRef:
        """Read `model[@revision][+adapter[@revision]]`; `ValueError` says what is wrong with it."""
        return _kept(text) if len(text) <= _LONGEST_KEPT else _read(text)

    @property
    def run_id(self) -> UUID | None:
        """The run that produces this model, if the reference is `run:<uuid>`."""
        return UUID(self.model.removeprefix(RUN)) if self.model.startswith(RUN) else None

    @property
    def without_adapter(self) -> ModelRef:
        """The same model at the same revision with no adapter on top."""
        return self if self.adapter is None else self.model_copy(update={"adapter": None})

    def __eq__(self, other: object) -> bool:
        """Compare the parts, in a fraction of the time of pydantic's own way."""
        return self is other or (
            isinstance(other, ModelRef)
            and self.model == other.model
            and self.revision == other.revision
            and self.adapter == other.adapter
        )

    def __hash__(self) -> int:
        return hash(self.model)

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        adapter = f"+{self.adapter}" if self.adapter else ""
        return f"{self.model}{revision}{adapter}"

    @field_validator("model")
    @classmethod
    def _named(cls, value: str) -> str:
        return _name(value, value)

    @field_validator("revision")
    @classmethod
    def _revised(cls, value: str | None) -> str | None:
        return value if value is None else _part(value, "revision", value)

    @model_validator(mode="after")
    def _revision_of_an_id(self) -> ModelRef:
        _check_revision(self.model, self.revision)
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _from_text(cls, value: Any, handler: ModelWrapValidatorHandler[ModelRef]) -> ModelRef:
        if isinstance(value, str):
            return cls.parse(value)
        if not isinstance(value, dict | ModelRef):
            raise ValueError(f"must be a model, such as org/name, not {describe(value)}")
        return handler(_flattened(value) if isinstance(value, dict) else value)

    @model_serializer
    def _to_text(self) -> str:
        return str(self)


def _read(text: str) -> ModelRef:
    if len(text) > MAX_REPEATED:
        raise ValueError(f"{excerpt(text)} is longer than a model's name can be")
    base, plus, adapter = text.partition("+")
    name, at, revision = base.partition("@")
    model, at_revision = _name(name, text), _part(revision, "revision", text) if at else None
    _check_revision(model, at_revision)
    other = ModelRef.parse(_adapter(adapter, text)) if plus else None
    # All is checked; pydantic would do so again, in four times the time.
    return ModelRef.model_construct(model=model, revision=at_revision, adapter=other)


_kept = lru_cache(_KEPT)(_read)


def _name(value: str, text: str) -> str:
    """Check the name of a model; a run's name gets its UUID in the usual form."""
    name = _part(value, "model name", text)
    if name.lower().startswith(RUN) and not name.startswith(RUN):
        raise ValueError(
            f"{excerpt(name)} is not a reference to a run: write {RUN}{printable(name[len(RUN) :])}"
        )
    return f"{RUN}{_uuid(name)}" if name.startswith(RUN) else name


def _part(value: str, what: str, text: str) -> str:
    """Check one part of a reference and return it without the spaces around it."""
    value = value.strip()
    if not value:
        raise ValueError(f"the {what} in {excerpt(text)} is empty")
    if len(value) > MAX_LENGTH:
        raise ValueError(f"the {what} is longer than {MAX_LENGTH} characters")
    if not value.isprintable() and any(map(_controls, value)):
        raise ValueError(f"the {what} in {excerpt(text)} contains a control character")
    if "@" in value or "+" in value:
        raise ValueError(
            f"{excerpt(text)} has one '@' or '+' too many: write model@revision+adapter@revision, "
            "each part at most once"
        )
    return value


def _controls(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs")


def _check_revision(model: str, revision: str | None) -> None:
    if revision is None:
        return
    whole = excerpt(f"{model}@{revision}")
    if model.startswith(RUN):
        raise ValueError(f"{whole} gives a run a revision, but runs have none: write {model}")
    if model.startswith(PATHS) or (model.count("/") > 1 and "://" not in model):
        raise ValueError(
            f"{whole} gives a folder a revision, but folders have none: write "
            f"{printable(model)}, or a Hugging Face id, which can have a revision"
        )


def _adapter(text: str, whole: str) -> str:
    if "+" in text:
        raise ValueError(f"{excerpt(whole)} names more than one adapter: a model takes only one")
    return text


def _uuid(value: str) -> UUID:
    try:
        return UUID(value.removeprefix(RUN))
    except ValueError:
        raise ValueError(
            f"{excerpt(value)} does not name a run: write its UUID after '{RUN}'"
        ) from None


def _flattened(value: dict[Any, Any]) -> dict[Any, Any]:
    """Return mergekit's mapping form, `{model: {path, revision}, lora}`, as the fields here."""
    flat = {("adapter" if key == "lora" else key): part for key, part in value.items()}
    if isinstance(path := flat.get("model"), dict):
        flat |= {("model" if key == "path" else key): part for key, part in path.items()}
    elif isinstance(path, str) and ("@" in path or "+" in path):
        flat |= {k: v for k, v in dict(ModelRef.parse(path)).items() if v is not None}
    adapter = flat.get("adapter")
    if isinstance(adapter, dict) and "path" in adapter:
        flat["adapter"] = {"model": adapter}
    return flat
