"""Keeps the recipe language's catalogue in step: python -m merge_worker.engine.methods --write."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mergehub.recipe import methods as language

from . import discover


def main(arguments: list[str] | None = None) -> int:
    """Write `methods.json`, or check that it says what the declarations say; 1 if it does not."""
    parser = argparse.ArgumentParser(prog="python -m merge_worker.engine.methods")
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="write the declarations down")
    action.add_argument("--check", action="store_true", help="fail if they are not written down")
    parser.add_argument(
        "--file", type=Path, default=Path(language.__file__).with_name(language.METHODS_FILE)
    )
    options = parser.parse_args(arguments)
    text = language.dump({name: method.spec for name, method in discover().items()})
    if options.write:
        options.file.write_text(text, encoding="utf-8")
        return 0
    if options.file.read_text(encoding="utf-8") == text:
        return 0
    print(
        f"{options.file} does not say what the methods declare: run with --write", file=sys.stderr
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
