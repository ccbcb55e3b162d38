"""A model's information from the Hugging Face Hub, as its API and its dumps have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from . import values
from .edges import edge_rows, shown
from .licences import licence_of
from .names import BadName, read_name
from .rows import MOST_PARENTS, Corrected, Facts, Row, Skipped
from .words import domains_of, relation_of, usual_role

SOURCE = "hub-metadata"
PAGE = "https://huggingface.co/"
TAG, LICENCE = "base_model:", "license:"


def is_model_info(value: Mapping[str, Any]) -> bool:
    """Whether a JSON object has the form in which the Hugging Face Hub describes a model."""
    named = isinstance(value.get("id", value.get("modelId")), str)
    return named and any(each in value for each in ("cardData", "baseModels", "tags", "siblings"))


def rows_of_model(info: Mapping[str, Any], line: int | None = None) -> Iterator[Row]:
    """The model's facts, and an edge to each of its base models."""
    name = info.get("id", info.get("modelId"))
    card = info.get("cardData")
    card = card if isinstance(card, dict) else {}
    notes: list[Row] = []
    parents = _parents(info, card, line, notes)
    if len(parents) > MOST_PARENTS:
        reason = f"a model has at most {MOST_PARENTS} parents, this one names {len(parents)}"
        yield Skipped(line, shown(name), "", reason, "too-many-parents")
        return
    yield from notes
    made_on = values.day(info.get("createdAt"))
    for parent, relation in parents.items():
        yield from edge_rows(
            name, parent, line, relation=relation, role=usual_role(relation), made_on=made_on,
            evidence=values.evidence(f"{PAGE}{name}"), source=SOURCE,
        )  # fmt: skip
    if facts := _facts(info, card, line):
        yield facts


def _parents(
    info: Mapping[str, Any], card: Mapping[str, Any], line: int | None, notes: list[Row]
) -> dict[str, str]:
    """The base models with the relation to each.

    The Hub computes `baseModels` and the tags; the card has what its author wrote. The first to
    know a relation counts.
    """
    stated = _stated(card.get("base_model_relation"), line, notes)
    told = [
        *_computed(info.get("baseModels")),
        *_tagged(values.texts(info.get("tags"))),
        *((name, stated) for name in values.texts(card.get("base_model"))),
    ]
    spelling: dict[str, str] = {}
    found: dict[str, str] = {}
    for name, relation in told:
        name = spelling.setdefault(name.lower(), name)
        if found.get(name, "unknown") == "unknown":
            found[name] = relation
    return found


def _computed(told: Any) -> Iterator[tuple[str, str]]:
    """The base models of the field `baseModels`: names, or objects with a relation beside them."""
    relation = "unknown"
    if isinstance(told, dict):
        relation, told = relation_of(shown(told.get("relation"))) or "unknown", told.get("models")
    for each in told if isinstance(told, list) else []:
        name = each.get("id") if isinstance(each, dict) else each
        if isinstance(name, str):
            yield name, relation


def _tagged(tags: list[str]) -> Iterator[tuple[str, str]]:
    """The parents of tags such as `base_model:finetune:org/name` and `base_model:org/name`."""
    for tag in tags:
        if tag.startswith(TAG):
            first, colon, name = tag.removeprefix(TAG).partition(":")
            yield (name, relation_of(first) or "unknown") if colon else (first, "unknown")


def _stated(word: Any, line: int | None, notes: list[Row]) -> str:
    relation = relation_of(shown(word))
    if relation is None:
        reason = "this word for a relation is not known"
        notes.append(Corrected(line, "base_model_relation", shown(word), "unknown", reason))
    return relation or "unknown"


def _facts(info: Mapping[str, Any], card: Mapping[str, Any], line: int | None) -> Facts | None:
    tags = values.texts(info.get("tags"))
    config, weights = _dict(info, "config"), _dict(info, "safetensors") or _dict(info, "gguf")
    try:
        name = read_name(shown(info.get("id", info.get("modelId")))).text
    except BadName:
        return None
    architectures = [config.get("model_type"), *values.texts(config.get("architectures"))]
    return Facts(
        name,
        line,
        architecture=next(filter(None, map(values.text, architectures)), None),
        parameters=values.size(weights.get("total")),
        licence=licence_of(card) or next(_after(LICENCE, tags), None),
        domains=domains_of([*tags, *values.texts(card.get("tags"))]),
        made_on=values.day(info.get("createdAt")),
    )


def _after(prefix: str, tags: list[str]) -> Iterator[str]:
    return (tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix))


def _dict(info: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    value = info.get(field)
    return value if isinstance(value, dict) else {}
