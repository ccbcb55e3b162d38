"""Write the generated modules, or check that they are up to date."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

import mergehub.client
from mergehub.contracts.services import SERVICES
from tools.python_client import functions, schemas

DOCUMENTS = Path("clients/openapi")
CLIENT = Path(mergehub.client.__file__).parent


def modules(documents: Path) -> dict[Path, str]:
    """The text of each generated file."""
    found: dict[Path, str] = {}
    names: dict[str, list[str]] = {}
    for service in SERVICES:
        document = json.loads((documents / f"{service.name}.json").read_text("utf-8"))
        names[service.name] = functions.names(document)
        types = schemas.module(service.name, document["components"]["schemas"])
        types += "".join(f"\n\n{form}\n" for form in functions.forms(document))
        found[CLIENT / "types" / f"{service.name}.py"] = types
        found[CLIENT / "api" / f"{service.name}.py"] = functions.module(service.name, document)
    found[CLIENT / "api" / "__init__.py"] = _api(names)
    return {path: formatted(path, text) for path, text in found.items()}


def _api(names: Mapping[str, Sequence[str]]) -> str:
    head = (
        '"""A function for each operation of a hub, by its id. Written by `make documents`."""\n\n'
    )
    lines = [
        f"from mergehub.client.api.{service} import {', '.join(found)}"
        for service, found in names.items()
    ]
    return f"{head}{chr(10).join(lines)}\n\n__all__ = {sorted(chain(*names.values()))!r}\n"


def formatted(path: Path, text: str) -> str:
    """`text` as `make format` would write it."""
    ruff = Path(sys.executable).with_name("ruff")
    for command in (["check", "--fix-only", "--exit-zero", "--quiet"], ["format", "--quiet"]):
        done = subprocess.run(
            [ruff, *command, "--stdin-filename", path, "-"],
            input=text, text=True, capture_output=True, check=True,
        )  # fmt: skip
        text = done.stdout
    return text


def behind(documents: Path) -> Iterator[Path]:
    """The files that are out of date."""
    for path, text in modules(documents).items():
        if not path.is_file() or path.read_text("utf-8") != text:
            yield path


def main(arguments: list[str] | None = None) -> int:
    """Write or check the modules; returns 1 if one is out of date."""
    parser = argparse.ArgumentParser(prog="python -m tools.python_client")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the modules")
    action.add_argument("--check", action="store_true", help="fail if they are out of date")
    parser.add_argument("--documents", type=Path, default=DOCUMENTS)
    options = parser.parse_args(arguments)
    if options.write:
        for path, text in modules(options.documents).items():
            path.write_text(text, encoding="utf-8")
        return 0
    late = list(behind(options.documents))
    for path in late:
        print(f"{path} is out of date: run `make documents`.", file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
