"""How many examples Hypothesis tries: few in each run of the tests, many in `make thorough`."""

from __future__ import annotations

from hypothesis import settings

QUICK, THOROUGH = 25, 1000


def tries(quick: int) -> int:
    """The examples of a test for which the usual number is too many: `quick`, or in proportion."""
    return quick * settings().max_examples // QUICK
