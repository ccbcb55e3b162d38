"""Writes the methods' declarations: `python -m tools.method_catalogue --write`.

It writes the recipe language's catalogue, and in the working directory the reference pages in
`docs/methods` and what the page of a recipe says of methods.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from merge_worker.engine.methods import discover
from mergehub.recipe import methods as language
from tools.method_pages import pages

SHOWN = "title", "summary", "formula", "base"
"""What the page of a recipe shows of a method."""


def main(arguments: list[str] | None = None) -> int:
    """Write the catalogue and the pages, or check them; returns 1 if they are out of date."""
    parser = argparse.ArgumentParser(prog="python -m tools.method_catalogue")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the catalogue and the pages")
    action.add_argument("--check", action="store_true", help="fail if they are out of date")
    catalogue = Path(language.__file__).with_name(language.METHODS_FILE)
    parser.add_argument("--file", type=Path, default=catalogue, help="the catalogue")
    parser.add_argument("--docs", type=Path, default=Path("docs/methods"), help="the pages' folder")
    on_page = Path("web/src/recipe/methods.json")
    parser.add_argument("--page", type=Path, default=on_page, help="what the hub's pages show")
    options = parser.parse_args(arguments)
    texts = _texts(options.file, options.docs) | {options.page: _shown()}
    stale = [path for path in options.docs.glob("*.md") if path not in texts]
    if options.write:
        _write(texts, stale)
        return 0
    behind = [path for path, text in texts.items() if not _says(path, text)]
    for path in [*behind, *stale]:
        print(f"{path} is out of date: run `make documents`.", file=sys.stderr)
    return 1 if behind or stale else 0


def _texts(catalogue: Path, docs: Path) -> dict[Path, str]:
    declared = language.dump({name: method.spec for name, method in discover().items()})
    return {catalogue: declared, **{docs / name: text for name, text in pages(discover()).items()}}


def _shown() -> str:
    specs = {name: method.spec for name, method in discover().items()}
    shown = {
        name: {each: getattr(spec, each) for each in SHOWN} for name, spec in sorted(specs.items())
    }
    return f"{json.dumps(shown, ensure_ascii=False, indent=2)}\n"


def _write(texts: dict[Path, str], stale: list[Path]) -> None:
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for path in stale:
        path.unlink()


def _says(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    sys.exit(main())
