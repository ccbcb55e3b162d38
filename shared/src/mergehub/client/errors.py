"""What a hub refuses, as its problem details (RFC 9457) tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from mergehub.client.whereabouts import nobody_at


class HubFault(NamedTuple):
    """One fault in what was sent: where, what is wrong, what would be right.

    `line` is that of a recipe's text, where it is known.
    """

    pointer: str
    detail: str
    suggestion: str | None
    code: str = ""
    line: int | None = None

    def __str__(self) -> str:
        line = f" (line {self.line})" if self.line else ""
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{self.pointer or '/'}{line}: {self.detail}{hint}"


class HubError(Exception):
    """The hub refused a request. `code` is stable: what to decide by."""

    def __init__(
        self,
        status: int,
        detail: str,
        faults: Iterable[HubFault] = (),
        *,
        code: str = "http-error",
        title: str = "",
        type: str = "about:blank",
        request_id: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.faults = tuple(faults)
        self.status = status
        self.detail = detail
        self.code = code
        self.title = title
        self.type = type  # the address of a page that says when it happens and what to do
        self.request_id = request_id

    def __str__(self) -> str:
        """The detail and, each on a line below it, the faults."""
        return "\n".join([self.detail, *(f"  {fault}" for fault in self.faults)])


class HubUnreachable(HubError):
    """Nobody answers at the address, or no hub left one where MERGEHUB_DATA says."""

    def __init__(self, detail: str) -> None:
        super().__init__(503, detail, code="unreachable")


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Where nobody can be reached in this block, that is told with the address."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise HubUnreachable(nobody_at(url)) from error


def error_of(answer: httpx.Response) -> HubError:
    """The error that an answer tells of, also where something between us and the hub answered."""
    request_id = answer.headers.get("X-Request-ID")
    try:
        problem = answer.json()
        return HubError(
            answer.status_code,
            problem["detail"],
            map(_fault, problem["errors"]),
            code=problem["code"],
            title=problem["title"],
            type=problem["type"],
            request_id=request_id,
        )
    except (ValueError, KeyError, TypeError):
        code = "not-modified" if answer.status_code == 304 else "http-error"
        detail = f"The hub answered {answer.status_code}."
        return HubError(answer.status_code, detail, code=code, request_id=request_id)


def _fault(told: dict[str, Any]) -> HubFault:
    where, line = told["pointer"], told.get("line")
    return HubFault(where, told["detail"], told["suggestion"], told["code"], line)
