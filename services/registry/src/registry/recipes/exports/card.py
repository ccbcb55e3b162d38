"""A version as a model card, with metadata that the Hugging Face Hub reads."""

from __future__ import annotations

import re
from typing import Any

import yaml

from mergehub.recipe import ModelRef
from registry.recipes.exports.records import Record


def write(record: Record) -> str:
    """The card: what is said of the recipe, what it merges, and the recipe itself."""
    recipe, version = record.recipe, record.version
    front = yaml.safe_dump(_front(record), sort_keys=False, allow_unicode=True)
    title = " ".join(recipe.title.split())
    listed = "\n".join(f"- `{each}`" for each in record.parents)
    return (
        f"---\n{front}---\n\n"
        f"# {title}\n\n{_paragraph(recipe.description)}"
        f"Recipe `{record.name}@{version.number}` merges by the method `{version.method}`:\n\n"
        f"{listed}\n\n"
        f"Recipe digest: `{version.digest}`\n{_recipe(record)}"
    )


def _front(record: Record) -> dict[str, Any]:
    recipe = record.recipe
    front = {
        "model_name": recipe.name,
        "license": recipe.licence,
        "base_model": list(dict.fromkeys(map(_hub_name, record.parents))),
        "tags": list(dict.fromkeys(["merge", "mergehub", *recipe.tags, *recipe.domains])),
    }
    return {field: value for field, value in front.items() if value is not None}


def _recipe(record: Record) -> str:
    """The recipe, unless the description shows it already."""
    source = record.version.source
    if source.strip() in record.recipe.description:
        return ""
    longest = max((len(found) for found in re.findall(r"`{3,}", source)), default=2)
    fence = "`" * (longest + 1)
    end = "" if source.endswith("\n") else "\n"
    return f"\n## Recipe\n\n{fence}yaml\n{source}{end}{fence}\n"


def _paragraph(text: str) -> str:
    return f"{text.strip()}\n\n" if text.strip() else ""


def _hub_name(reference: ModelRef) -> str:
    return reference.model
