"""The forms in which one version is exported, by their names."""

from __future__ import annotations

from typing import Literal, get_args

from registry.recipes.exports import card, cyclonedx, json_lines
from registry.recipes.exports.records import Format, Record

FormatName = Literal["yaml", "card", "cyclonedx", "jsonl"]


def _source(record: Record) -> str:
    return record.version.source


FORMATS: dict[FormatName, Format] = {
    "yaml": Format("application/yaml", "yml", _source),
    "card": Format("text/markdown; charset=utf-8", "md", card.write),
    "cyclonedx": Format("application/vnd.cyclonedx+json; version=1.7", "cdx.json", cyclonedx.write),
    "jsonl": Format("application/x-ndjson", "jsonl", json_lines.write),
}
assert set(FORMATS) == set(get_args(FormatName))
