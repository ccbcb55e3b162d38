"""`make fuzz-recipes`: try texts on the recipe language until the time is up."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from .hunt import Found, hunt_for


def main() -> int:
    """Hunt; returns 1 if a text is found that the language cannot handle."""
    parser = argparse.ArgumentParser(prog="make fuzz-recipes")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1, help="the first seed; each round takes one")
    parser.add_argument("--keep", type=Path, default=Path(), help="the folder for found texts")
    options = parser.parse_args()
    try:
        for line in hunt_for(options.minutes, options.seed, options.keep.resolve()):
            print(line, flush=True)
    except Found as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
