"""The recipe document as frozen models that have the shape of a mergekit YAML file.

Only shape and types are checked here; what depends on the merge method is checked in `rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from mergehub.recipe.yaml.limits import MAX_REPEATED

from .reference import ModelRef
from .scalars import not_a_flag
from .values import Parameters

_V = TypeVar("_V")

DTYPE_ALIASES = {
    "bf16": "bfloat16",
    "bfloat": "bfloat16",
    "fp16": "float16",
    "half": "float16",
    "fp32": "float32",
    "float": "float32",
}


def _not_empty(value: _V) -> _V:
    if not value:
        raise PydanticCustomError("empty", "must not be empty")
    return value


_NOT_EMPTY = AfterValidator(_not_empty)


def _exactly_one(*others: str) -> Callable[[type[BaseModel], _V, ValidationInfo], _V]:
    """Return a validator, for the last of several fields, that exactly one of them is given."""

    def check(cls: type[BaseModel], value: _V, info: ValidationInfo) -> _V:
        # A field that failed its own validation is missing from the data, although it was given.
        given = [name for name in others if info.data.get(name, name) is not None]
        given += [str(info.field_name)] if value is not None else []
        if len(given) != 1:
            wanted, found = " or ".join([*others, str(info.field_name)]), " and ".join(given)
            raise PydanticCustomError(
                "conflict",
                "give either {wanted}; here {found} given",
                {"wanted": wanted, "found": f"{found} are" if found else "none is"},
            )
        return value

    return check


_LAST_CHOICE = Field(default=None, validate_default=True)


def _flag(value: Any) -> Any:
    if isinstance(value, str):
        raise PydanticCustomError("type", "{why}", {"why": not_a_flag(value)})
    return value


def _pair(value: Any) -> Any:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise PydanticCustomError("type", "must be [first layer, last layer + 1]")
    return value


def _ascending(layers: tuple[int, int]) -> tuple[int, int]:
    if layers[0] >= layers[1]:
        raise PydanticCustomError(
            "range", "must contain at least one layer: its end must be above its start"
        )
    return layers


def _dtype(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    name = value.removeprefix("torch.")
    return DTYPE_ALIASES.get(name, name)


def _tokenizer_source(value: Any) -> Any:
    """Early mergekit wrote a model here as `model:org/name`."""
    return value.removeprefix("model:") if isinstance(value, str) else value


def with_revision(entry: Any) -> Any:
    """Read a `revision` beside `model` as part of the reference."""
    if isinstance(entry, dict) and "revision" not in entry:
        return entry  # as nearly all are
    match entry:
        case {"model": str(model), "revision": str(revision), **rest} if (
            "@" not in model and len(model) + len(revision) < MAX_REPEATED
        ):
            name, plus, adapter = model.partition("+")
            return {**rest, "model": f"{name}@{revision}{plus}{adapter}"}
    return entry


Flag = Annotated[bool, BeforeValidator(_flag)]
# Far above any count of layers or tokens, and within JSON's exact integers.
_Count = Annotated[int, Field(ge=0, le=2**31, strict=True)]
LayerRange = Annotated[tuple[_Count, _Count], BeforeValidator(_pair), AfterValidator(_ascending)]
Dtype = Annotated[Literal["bfloat16", "float16", "float32"], BeforeValidator(_dtype)]
TokenizerSource = Annotated[
    Annotated[Literal["union", "base"], Tag("word")] | Annotated[ModelRef, Tag("model")],
    Discriminator(lambda value: "word" if value in ("union", "base") else "model"),
    BeforeValidator(_tokenizer_source),
]


class Document(BaseModel):
    """A frozen part of a recipe that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelInput(Document):
    """A model, all of whose layers are merged."""

    model: ModelRef
    parameters: Parameters = Field(default_factory=dict)

    _revision = model_validator(mode="before")(with_revision)


class SliceSource(ModelInput):
    """Some layers of a model: `layer_range` is [first, last + 1], counted from 0."""

    layer_range: LayerRange

    @property
    def layers(self) -> range:
        """The indices of the layers taken."""
        return range(*self.layer_range)


class OutputSlice(Document):
    """Consecutive layers of the output, merged from the same number of layers of each source."""

    sources: Annotated[tuple[SliceSource, ...], _NOT_EMPTY]
    base_model: ModelRef | None = None
    parameters: Parameters = Field(default_factory=dict)


class OutputModule(Document):
    """One module of a model that has several (a language model, a vision tower), merged alone."""

    models: Annotated[tuple[ModelInput, ...], _NOT_EMPTY] | None = None
    slices: Annotated[tuple[OutputSlice, ...], _NOT_EMPTY] | None = _LAST_CHOICE
    parameters: Parameters = Field(default_factory=dict)

    _one_content = field_validator("slices")(_exactly_one("models"))


class ModelToken(Document):
    """The embedding of one token of a model, named by its text or its id."""

    kind: Literal["model_token"]
    model: ModelRef
    token: str | None = None
    token_id: _Count | None = _LAST_CHOICE

    _one_name = field_validator("token_id")(_exactly_one("token"))


class ZeroToken(Document):
    """An embedding of zeros."""

    kind: Literal["zero"]


def _token_source_kind(value: Any) -> str:
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return kind if kind in ("model_token", "zero") else "model"


TokenSource = Annotated[
    Annotated[ModelToken, Tag("model_token")]
    | Annotated[ZeroToken, Tag("zero")]
    | Annotated[ModelRef, Tag("model")],
    Discriminator(_token_source_kind),
]


class TokenOptions(Document):
    """The source of the embedding of one token; `force` uses it even if the token has one."""

    source: TokenSource | None = None
    force: Flag = False


class TokenizerOptions(Document):
    """The vocabulary of the output, and the embeddings of single tokens."""

    source: TokenizerSource = "union"
    tokens: Mapping[str, TokenOptions] = Field(default_factory=dict)
    pad_to_multiple_of: Annotated[_Count, Field(ge=1)] | None = None


class Recipe(Document):
    """How to make one model from others.

    A recipe gives exactly one of `models` (merged whole), `slices` (layer ranges, stacked) and
    `modules`. The output has the precision `out_dtype`, else `dtype`, else that of the ingredients.
    `allow_submatrix` lets embeddings of unequal size be cut to the rows that all have.
    `same_token_ids` says that the models' ids mean the same tokens, although their tokenizers
    differ. `name` is a label and has no effect.
    """

    merge_method: str
    models: Annotated[tuple[ModelInput, ...], _NOT_EMPTY] | None = None
    slices: Annotated[tuple[OutputSlice, ...], _NOT_EMPTY] | None = None
    modules: Annotated[Mapping[str, OutputModule], _NOT_EMPTY] | None = _LAST_CHOICE
    base_model: ModelRef | None = None
    parameters: Parameters = Field(default_factory=dict)
    dtype: Dtype | None = None
    out_dtype: Dtype | None = None
    tokenizer_source: TokenizerSource | None = None
    tokenizer: TokenizerOptions | None = None
    chat_template: str | None = None
    allow_submatrix: Flag = False
    same_token_ids: Flag = False
    name: str | None = None

    _one_content = field_validator("modules")(_exactly_one("models", "slices"))

    @field_validator("tokenizer")
    @classmethod
    def _one_tokenizer(
        cls, value: TokenizerOptions | None, info: ValidationInfo
    ) -> TokenizerOptions | None:
        if value is not None and info.data.get("tokenizer_source") is not None:
            raise PydanticCustomError("conflict", "give tokenizer or tokenizer_source, not both")
        return value

    @property
    def tokenizer_options(self) -> TokenizerOptions | None:
        """The tokenizer's options, from whichever of the two fields gives them."""
        if self.tokenizer_source is not None:
            return TokenizerOptions(source=self.tokenizer_source)
        return self.tokenizer

    @property
    def all_slices(self) -> Iterator[OutputSlice]:
        """Yield every slice in order, including those of the modules."""
        yield from self.slices or ()
        for module in (self.modules or {}).values():
            yield from module.slices or ()

    @property
    def inputs(self) -> Iterator[ModelInput]:
        """Yield every listed model in order, with its parameters; the base model is not added."""
        yield from self.models or ()
        for module in (self.modules or {}).values():
            yield from module.models or ()
        for part in self.all_slices:
            yield from part.sources
