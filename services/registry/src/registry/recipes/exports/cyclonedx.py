"""A version as an ML-BOM: CycloneDX 1.7, with the merged models as its pedigree.

The document is written here, since no library for Python writes model cards of CycloneDX yet.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

from mergehub import __version__
from mergehub.contracts.licences.spdx import spdx_id
from mergehub.recipe import ModelRef
from mergehub.recipe.reference import PATHS
from registry.recipes.exports.records import Record

MODEL = "machine-learning-model"
_ON_HUB = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")

Json = dict[str, Any]


def write(record: Record) -> str:
    """The document as JSON."""
    parents = [_parent(each) for each in record.parents]
    listed = [{**each, "bom-ref": f"parent-{place}"} for place, each in enumerate(parents, 1)]
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.7.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{record.version.id}",
        "version": 1,
        "metadata": {
            "timestamp": record.version.created_at.isoformat(),
            "tools": {
                "components": [{"type": "application", "name": "mergehub", "version": __version__}]
            },
            "component": _merge(record, parents),
        },
        "components": listed,
        "dependencies": [{"ref": "merge", "dependsOn": [each["bom-ref"] for each in listed]}],
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _merge(record: Record, parents: list[Json]) -> Json:
    """The model that the recipe makes."""
    recipe, version = record.recipe, record.version
    component: Json = {
        "type": MODEL,
        "bom-ref": "merge",
        "group": recipe.owner,
        "name": recipe.name,
        "version": str(version.number),
        "description": recipe.title,
        "tags": [*recipe.tags, *recipe.domains],
        "pedigree": {"ancestors": parents, "notes": f"Merged by the method {version.method}."},
        "modelCard": {"modelParameters": {"task": "text-generation"}},
        "externalReferences": [
            {"type": "configuration", "url": record.url, "comment": "The recipe of the merge"}
        ],
        "properties": [
            {"name": "mergehub:recipe:digest", "value": version.digest},
            {"name": "mergehub:recipe:method", "value": version.method},
            {"name": "mergehub:recipe:source", "value": version.source},
        ],
    }
    if recipe.licence:
        component["licenses"] = [{"license": _licence(recipe.licence)}]
    return component


def _licence(identifier: str) -> Json:
    listed = spdx_id(identifier)
    named = {"id": listed} if listed else {"name": identifier}
    return {**named, "acknowledgement": "declared"}


def _parent(reference: ModelRef) -> Json:
    """A merged model; an adapter on it is an ancestor of it."""
    component: Json = {"type": MODEL, "name": reference.model}
    if reference.revision:
        component["version"] = reference.revision
    if _ON_HUB.fullmatch(reference.model) and not reference.model.startswith(PATHS):
        component["purl"] = _purl(reference)
    if reference.adapter:
        component["pedigree"] = {"ancestors": [_parent(reference.adapter)]}
    return component


def _purl(reference: ModelRef) -> str:
    """The package URL of a model of the Hugging Face Hub."""
    at = f"@{quote(reference.revision.lower(), safe='')}" if reference.revision else ""
    return f"pkg:huggingface/{reference.model}{at}"
