"""How work says that it cannot be done."""

from __future__ import annotations

from mergehub.contracts.runs import RunError

LONGEST_MESSAGE = 10_000


class RunFailed(Exception):
    """The work cannot be done, and trying again would not help."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = RunError(code=code, message=message[:LONGEST_MESSAGE])
