"""A model's information from the Hugging Face Hub, as its API, its library and dumps have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mergehub.contracts.domains.vocabulary import known_domains

from . import values
from .edges import edge_rows, shown
from .licences import licence_of
from .names import BadName, read_name
from .records.parents import parents_of
from .rows import MOST_PARENTS, Corrected, Facts, Row, Skipped
from .words import relation_of, usual_role

SOURCE = "hub-metadata"
PAGE = "https://huggingface.co/"
TAG, LICENCE = "base_model:", "license:"
_NAMES = ("id", "modelId", "model_id", "repo_id", "model", "name")
_OF_THE_HUB = ("cardData", "card_data", "tags", "siblings")
_PARENTS = ("baseModels", "base_models")
_MARKS = frozenset({*_OF_THE_HUB, *_PARENTS})
_OF_CARDS = ("base_model", "base_model_relation", "license", "license_name")
Info = Mapping[str, Any]


def is_model_info(value: Info) -> bool:
    """Whether a JSON object has the form in which the Hugging Face Hub describes a model."""
    if value.keys().isdisjoint(_MARKS) or not isinstance(_name(value), str):
        return False
    if "parent" in value or "parents" in value:
        return False
    computed = any(isinstance(value.get(each), dict) for each in _PARENTS)
    return computed or any(isinstance(value.get(each), dict | list) for each in _OF_THE_HUB)


def rows_of_model(info: Info, line: int | None = None) -> Iterator[Row]:
    """The model's facts, and an edge to each of its base models."""
    name = _name(info)
    card = _card(info)
    notes: list[Row] = []
    parents = _parents(info, card, line, notes)
    if len(parents) > MOST_PARENTS:
        reason = f"a model has at most {MOST_PARENTS} parents, this one names {len(parents)}"
        yield Skipped(line, shown(name), "", reason, "too-many-parents")
        return
    yield from notes
    made_on = values.day(_either(info, "createdAt", "created_at"))
    for parent, relation in parents.items():
        yield from edge_rows(
            name, parent, line, relation=relation, role=usual_role(relation), made_on=made_on,
            evidence=values.evidence(f"{PAGE}{name}"), source=SOURCE,
        )  # fmt: skip
    if facts := _facts(info, card, line):
        yield facts


def _parents(info: Info, card: Info, line: int | None, notes: list[Row]) -> dict[str, str]:
    """The base models with the relation to each.

    The Hub computes `baseModels` and the tags; the card has what its author wrote. The first to
    know a relation counts.
    """
    stated = _stated(card.get("base_model_relation"), line, notes)
    told = [
        *_named(_either(info, *_PARENTS), "unknown"),
        *_tagged(values.texts(info.get("tags"))),
        *_named(card.get("base_model"), stated),
    ]
    spelling: dict[str, str] = {}
    found: dict[str, str] = {}
    for name, relation in told:
        name = spelling.setdefault(name.lower(), name)
        if found.get(name, "unknown") == "unknown":
            found[name] = relation
    return found


def _named(told: Any, usual: str) -> Iterator[tuple[str, str]]:
    """The names in a field, in whatever form, with the relation beside each or the usual one."""
    for parent in parents_of({"parent": told}):
        if isinstance(parent.written, str):
            relation = relation_of(shown(parent.own.get("relation")))
            yield parent.written, usual if relation in (None, "unknown") else relation


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


def _facts(info: Info, card: Info, line: int | None) -> Facts | None:
    tags = values.texts(info.get("tags"))
    config, weights = _dict(info, "config"), _dict(info, "safetensors") or _dict(info, "gguf")
    try:
        name = read_name(shown(_name(info))).text
    except BadName:
        return None
    architectures = [config.get("model_type"), *values.texts(config.get("architectures"))]
    return Facts(
        name,
        line,
        architecture=next(filter(None, map(values.text, architectures)), None),
        parameters=values.size(weights.get("total")),
        licence=licence_of(card) or next(_after(LICENCE, tags), None),
        domains=known_domains([*tags, *values.texts(card.get("tags"))]),
        made_on=values.day(_either(info, "createdAt", "created_at")),
    )


def _name(info: Info) -> Any:
    return _either(info, *_NAMES)


def _card(info: Info) -> Info:
    """The metadata of the model's card; some dumps have its fields beside the others."""
    beside = {field: info[field] for field in _OF_CARDS if field in info}
    return {**beside, **(_dict(info, "cardData") or _dict(info, "card_data"))}


def _either(info: Info, *fields: str) -> Any:
    """The first of some fields that holds something."""
    return next((info[field] for field in fields if info.get(field) is not None), None)


def _after(prefix: str, tags: list[str]) -> Iterator[str]:
    return (tag.removeprefix(prefix) for tag in tags if tag.startswith(prefix))


def _dict(info: Info, field: str) -> Info:
    value = info.get(field)
    return value if isinstance(value, dict) else {}
