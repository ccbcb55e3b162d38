"""Reads the list of an image's packages (an SBOM in CycloneDX) and compares it with the image."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from packaging.utils import canonicalize_name
from referencing import Registry
from referencing.jsonschema import DRAFT7

SCHEMAS = "opt/build/lib/python3*/site-packages/cyclonedx/schema/_res"
PACKAGES = "opt/mergehub/lib/python3*/site-packages"
ADDRESS = "http://cyclonedx.org/schema/"


def copy_sbom(image: Path, folder: Path) -> Path:
    """Copy the document that an image consists of into a folder; returns the copy."""
    (path,) = image.glob("*.cdx.json")
    shutil.copy(path, folder)
    return folder / path.name


def read_sbom(path: Path, stages: Iterable[Path]) -> dict[str, str]:
    """The version of each package that a document names.

    `stages` are the roots of the stages that made it, one of which has CycloneDX's own schemas.
    Raises ValueError if the document is not valid by them, or names a package without a version.
    """
    document = json.loads(path.read_bytes())
    schemas = next(found for root in stages for found in root.glob(SCHEMAS))
    for fault in _validator(schemas, document["specVersion"]).iter_errors(document):
        raise ValueError(f"{path.name} is not CycloneDX at {fault.json_path}: {fault.message}")
    components = document["components"]
    if without := [each["name"] for each in components if not each.get("version")]:
        raise ValueError(f"{path.name} has no version of {', '.join(without)}")
    return {canonicalize_name(each["name"]): each["version"] for each in components}


def shipped(image: Path) -> dict[str, str]:
    """The version of each package that an image contains."""
    (folder,) = image.glob(PACKAGES)
    found = distributions(path=[str(folder)])
    return {canonicalize_name(each.metadata["Name"]): each.version for each in found}


def compare(listed: Mapping[str, str], there: Mapping[str, str]) -> None:
    """Raises ValueError if an image does not contain what its list names, and nothing else."""
    if listed and (odd := listed.items() ^ there.items()):
        names = ", ".join(sorted({name for name, _ in odd}))
        raise ValueError(f"the SBOM and the image differ in {names}")


def _validator(schemas: Path, version: str) -> Any:
    """Checks documents of a version of CycloneDX by its schema, whose files refer to each other."""
    files = {path.name: json.loads(path.read_bytes()) for path in schemas.glob("*.schema.json")}
    known = [(ADDRESS + name, DRAFT7.create_resource(told)) for name, told in files.items()]
    registry: Registry[Any] = Registry().with_resources(known)
    return Draft7Validator(files[f"bom-{version}.SNAPSHOT.schema.json"], registry=registry)
