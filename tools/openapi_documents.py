"""The services' OpenAPI documents as files, from which clients are generated.

`python -m tools.openapi_documents --write` writes them to `clients/openapi`. `--check` fails if
they are out of date, or if they break clients of the last release and the changelog does not say
so. `--keep` writes them to `released/` as those of this version.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mergehub import __version__
from mergehub.contracts.services import SERVICES
from tools.openapi_breaks import Document, broken, declared

FOLDER = Path("clients/openapi")
CHANGELOG = Path("CHANGELOG.md")

Documents = Mapping[str, Document]

ADVICE = (
    "Keep what clients of {version} rely on beside the new form, marked as deprecated. Or add a "
    "line `- **Breaking**` under `[Unreleased]` to {changelog} that says what clients have to "
    "change and names {names}."
)


def documents() -> dict[str, Document]:
    """The documents of the services, by their names."""
    found = {}
    for service in SERVICES:
        module, _, function = service.factory.partition(":")
        found[service.name] = getattr(importlib.import_module(module), function)().openapi()
    return found


def text(document: Document) -> str:
    """The text of a document's file."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def write(folder: Path, told: Documents) -> None:
    """Write documents to a folder, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in told.items():
        (folder / f"{name}.json").write_text(text(document), encoding="utf-8")


def behind(folder: Path, told: Documents) -> list[str]:
    """A sentence for each file of a folder that is out of date."""
    files = {name: folder / f"{name}.json" for name in told}
    return [
        f"{file} is out of date: run `make documents`."
        for name, file in files.items()
        if not file.is_file() or file.read_text(encoding="utf-8") != text(told[name])
    ]


def last_release(folder: Path) -> tuple[str, dict[str, Any]] | None:
    """The highest version that was kept, and its documents."""
    kept = [path for path in (folder / "released").glob("*.*") if path.is_dir()]
    if not kept:
        return None
    last = max(kept, key=lambda path: [int(part) for part in path.name.split(".")])
    return last.name, {path.stem: json.loads(path.read_text("utf-8")) for path in last.iterdir()}


def undeclared(folder: Path, told: Documents, changelog: Path) -> list[str]:
    """The breaks for clients of the last release that the changelog does not declare."""
    last = last_release(folder)
    if last is None:
        return []
    version, before = last
    said = declared(changelog.read_text(encoding="utf-8"))
    breaks = [
        each
        for name, document in before.items()
        for each in broken(document, told.get(name, {"paths": {}}))
        if each.operation not in said
    ]
    if not breaks:
        return []
    names = ", ".join(sorted({f"`{each.operation}`" for each in breaks}))
    advice = ADVICE.format(version=version, changelog=changelog, names=names)
    return [*(f"{name} breaks clients of {version}: {fault}" for name, fault in breaks), advice]


def main(arguments: list[str] | None = None) -> int:
    """Write, check or keep the documents; returns 1 if there is something to fix."""
    parser = argparse.ArgumentParser(prog="python -m tools.openapi_documents")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the files")
    action.add_argument(
        "--check", action="store_true", help="fail if they are out of date or break clients"
    )
    action.add_argument("--keep", action="store_true", help="keep them as this version's release")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the files are")
    parser.add_argument("--changelog", type=Path, default=CHANGELOG, help="what declares breaks")
    options = parser.parse_args(arguments)
    told = documents()
    if options.write:
        write(options.folder, told)
        return 0
    faults = behind(options.folder, told) + undeclared(options.folder, told, options.changelog)
    print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
    if options.keep and not faults:
        write(options.folder / "released" / __version__, told)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
