"""Validates objects strictly against Kubernetes' own schemas and those of custom resources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from k8s.render import Object

SCHEMAS = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema"


def minors() -> list[str]:
    """The three newest minor versions, such as 1.37, the newest first."""
    found = {each.name.split(".")[1] for each in SCHEMAS.glob("v1.*-local-strict")}
    return [f"1.{minor}" for minor in sorted(map(int, found), reverse=True)[:3]]


def faults(each: Object, minor: str) -> list[str]:
    """What is wrong with an object of Kubernetes itself; unknown fields are wrong."""
    group, _, version = each["apiVersion"].rpartition("/")
    group = group.partition(".")[0]
    file = f"{each['kind'].lower()}-{f'{group}-' if group else ''}{version}.json"
    return list(_sentences(_core(minor, file), each))


def custom_faults(each: Object, folder: Path) -> list[str]:
    """What is wrong with an object by the CustomResourceDefinitions in the files of a folder."""
    return list(_sentences(_custom(folder)[each["apiVersion"], each["kind"]], each))


def _sentences(validator: Draft202012Validator, each: Object) -> Iterator[str]:
    for error in validator.iter_errors(each):
        place = ".".join(map(str, error.absolute_path))
        yield f"{each['kind']} {each['metadata']['name']}: {place}: {error.message[:300]}"


@cache
def _core(minor: str, file: str) -> Draft202012Validator:
    schema = _read(minor, file)
    return Draft202012Validator(schema, registry=_definitions(minor))


@cache
def _definitions(minor: str) -> Registry[Any]:
    shared = Resource.from_contents(_read(minor, "_definitions.json"))
    return shared @ Registry()


def _read(minor: str, file: str) -> Any:
    return json.loads((SCHEMAS / f"v{minor}.0-local-strict" / file).read_text(encoding="utf-8"))


@cache
def _custom(folder: Path) -> dict[tuple[str, str], Draft202012Validator]:
    found = {}
    for file in sorted(folder.rglob("*.yaml")):
        spec = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader)["spec"]
        for version in spec["versions"]:
            schema = _strict(version["schema"]["openAPIV3Schema"])
            called = f"{spec['group']}/{version['name']}", spec["names"]["kind"]
            found[called] = Draft202012Validator(schema)
    return found


def _strict(schema: Any) -> Any:
    """The schema with unknown fields refused, which an API server would silently drop."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(value) for key, value in schema.items()}
    described = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    if schema.get("x-kubernetes-int-or-string"):
        strict["type"] = ["integer", "string"]
    if described and not schema.get("x-kubernetes-preserve-unknown-fields"):
        strict.setdefault("additionalProperties", False)
    return strict
