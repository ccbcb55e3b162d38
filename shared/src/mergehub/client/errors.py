"""A hub's refusals as exceptions, made from its problem details (RFC 9457)."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from mergehub.client.whereabouts import nobody_at
from mergehub.urls import origin_of


class HubFault(NamedTuple):
    """One fault in a request: its place, what is wrong, and a suggestion.

    `line` is the line in a recipe's text, if it is known.
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
    """The hub refused a request. `code` is stable, so that programs can rely on it."""

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
        self.type = type  # the address of a page that explains the problem
        self.request_id = request_id

    def __str__(self) -> str:
        """The detail, and below it each fault on a line."""
        return "\n".join([self.detail, *(f"  {fault}" for fault in self.faults)])


class HubUnreachable(HubError):
    """No server answers at the address, or TLS refuses the server, or there is no address."""

    def __init__(self, detail: str) -> None:
        super().__init__(503, detail, code="unreachable")


def _why_unreachable(url: str, failed: ssl.SSLError | None) -> str:
    if isinstance(failed, ssl.SSLCertVerificationError):
        return (
            f"This machine does not trust the certificate of {url} ({failed.verify_message}). "
            "Check the address, or set SSL_CERT_FILE to the certificate of its authority."
        )
    if failed is not None:
        return (
            f"The server at {url} does not speak TLS, which https:// needs. The address of the hub "
            "probably begins with http://."
        )
    return nobody_at(url)


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turn a failure to connect within the block into HubUnreachable."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise HubUnreachable(_why_unreachable(url, _failed_tls(error))) from error


def _failed_tls(error: BaseException | None) -> ssl.SSLError | None:
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error


def error_of(answer: httpx.Response) -> HubError:
    """The error of an answer, which may also come from a proxy between us and the hub."""
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
        detail = _no_hub(answer)
        return HubError(answer.status_code, detail, code=code, request_id=request_id)


def check_answer(answer: httpx.Response) -> None:
    """Raises HubError if an answer is a page of another program's server."""
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    if kind == "text/html" and "X-Request-ID" not in answer.headers:
        raise HubError(answer.status_code, _no_hub(answer), code="http-error")


def _no_hub(answer: httpx.Response) -> str:
    """A sentence for an answer without problem details."""
    status, address = answer.status_code, origin_of(answer.url)
    if status == 304:
        return "It has not changed."
    what = f"The server at {address} does not look like a Mergehub: it returned {status}"
    if answer.has_redirect_location:
        return f"{what} and points to {answer.headers['Location']}. Is that the address?"
    why = " It may be a gateway whose hub is down." if status >= 502 else ""
    return f"{what} without problem details.{why} Check the address (--url, MERGEHUB_URL)."


def _fault(told: dict[str, Any]) -> HubFault:
    where, line = told["pointer"], told.get("line")
    return HubFault(where, told["detail"], told["suggestion"], told["code"], line)
