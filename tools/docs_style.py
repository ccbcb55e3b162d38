"""Copies the tokens of the pages' style for the pages of documentation (`make documents`).

A hub without the built pages serves its documentation all the same, so the package has a copy.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.one_page import run

TOKENS = Path("web/src/style/tokens.css")
COPY = Path("shared/src/mergehub/kit/docs/tokens.css")
HEAD = f"/* `make documents` copies this file from {TOKENS}. */\n"


def text() -> str:
    """The tokens."""
    return HEAD + TOKENS.read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run("tools.docs_style", COPY, text, None))
