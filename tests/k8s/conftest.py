"""What the simulations share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from captured_logs import captured_logs


@pytest.fixture
def quiet() -> Iterator[None]:
    """Keeps what simulated workers log out of the tests' output."""
    with captured_logs():
        yield
