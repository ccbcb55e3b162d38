"""The models of the Hugging Face Hub, page by page, politely."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from httpx2 import TransportError
from huggingface_hub import constants
from huggingface_hub.errors import OfflineModeIsEnabled
from huggingface_hub.utils import build_hf_headers, get_session  # type: ignore[attr-defined]

from mergehub.backoff import Backoff, retry_after

from .rows import Unreadable

PATH = "/api/models"
PAGE = 1_000
EXPAND = ("baseModels", "cardData", "config", "createdAt", "gguf", "safetensors", "tags")
TRIES = 6
BACKOFF = Backoff(first=2, longest=60, jitter=0.25)
LONGEST_PAUSE = 600
LARGEST_PAGE = 256 << 20
_NEXT = re.compile(r'<([^<>]{1,4000})>[^<>]*;\s*rel="?next"?')
AGAIN = frozenset({429, 500, 502, 503, 504})
Sleep = Callable[[float], object]


class Page(NamedTuple):
    """The models of one page, and the address of the next one; None after the last."""

    models: list[Any]
    next: str | None


class Models:
    """A list of models. `at` is the address of the page to begin with, else its first page.

    There are `pause` seconds between two requests, and as many more as the Hub asks for.
    """

    def __init__(
        self,
        endpoint: str | None = None,
        query: Mapping[str, str] | None = None,
        *,
        at: str | None = None,
        token: str | None = None,
        pause: float = 1.0,
        sleep: Sleep = time.sleep,
    ) -> None:
        self._endpoint = (endpoint or constants.ENDPOINT).rstrip("/")
        self._query = query or {}
        self._at = self._checked(at) if at else None
        self._headers = build_hf_headers(token=token, library_name="mergehub")
        self._pause, self._sleep = pause, sleep

    def pages(self) -> Iterator[Page]:
        """Every page from the present one.

        Raises:
            Unreadable: the Hub refuses, does not answer, or answers something else.
        """
        address, query = self._at, None
        if address is None:
            address, query = f"{self._endpoint}{PATH}", self._first_query()
        while address is not None:
            page = self._page(address, query)
            address, query = page.next, None
            yield page
            if address is not None:
                self._sleep(self._pause)

    def _first_query(self) -> dict[str, Any]:
        return {**self._query, "sort": "createdAt", "limit": PAGE, "expand": list(EXPAND)}

    def _page(self, address: str, query: Mapping[str, Any] | None) -> Page:
        for tried in range(1, TRIES + 1):
            status, headers, body = self._get(address, query)
            if status == 200:
                return Page(_listed(body), self._next(headers))
            if status not in AGAIN or tried == TRIES:
                break
            self._sleep(self._wait(headers, tried))
        raise Unreadable(_refused(self._endpoint, status))

    def _get(
        self, address: str, query: Mapping[str, Any] | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """The status, headers and body of one answer; the status 503 if there was none."""
        try:
            with get_session().stream("GET", address, params=query, headers=self._headers) as got:
                body = bytearray()
                for piece in got.iter_bytes():
                    body += piece
                    if len(body) > LARGEST_PAGE:
                        raise Unreadable(f"A page of {self._endpoint} is larger than 256 MiB.")
                return got.status_code, got.headers, bytes(body)
        except OfflineModeIsEnabled as error:
            raise Unreadable(f"No request was sent: {error}") from error
        except TransportError:
            return 503, {}, b""

    def _wait(self, headers: Mapping[str, str], tried: int) -> float:
        asked = retry_after(headers.get("Retry-After"))
        if asked is not None and asked > LONGEST_PAUSE:
            raise Unreadable(
                f"{self._endpoint} asks for a pause of {asked:.0f} s. Continue later with the same "
                "--state."
            )
        return max(self._pause, BACKOFF.pause(tried) if asked is None else asked)

    def _next(self, headers: Mapping[str, str]) -> str | None:
        """The next page of a `Link` header (RFC 8288)."""
        found = _NEXT.search(headers.get("Link", ""))
        return self._checked(found[1]) if found else None

    def _checked(self, address: str) -> str:
        """The address, if it is on the same server: the token goes to no other one."""
        if not address.startswith(f"{self._endpoint}/"):
            raise Unreadable(f"{self._endpoint} leads to another server: {address[:200]!r}.")
        return address


def _listed(body: bytes) -> list[Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list):
        raise Unreadable("The answer is not a list of models. Is the address the Hub's?")
    return found


def _refused(endpoint: str, status: int) -> str:
    if status in (401, 403):
        return f"{endpoint} refuses the token (HF_TOKEN)."
    if status in AGAIN:
        return f"{endpoint} does not answer ({status}). Continue later with the same --state."
    return f"{endpoint} refuses the request ({status}). Check the options."
