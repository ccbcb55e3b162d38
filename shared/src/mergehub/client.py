"""A small synchronous client of a hub; the `mergehub` command speaks through it."""

from __future__ import annotations

import ipaddress
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx

from mergehub.contracts.runs import FINAL, Run
from mergehub.contracts.workers import Worker
from mergehub.hub.folder import default_folder, read_connection
from mergehub.logins import read_logins

DEFAULT_URL = "http://127.0.0.1:8000"
TIMEOUT = httpx.Timeout(30, connect=5)
TRIES = 3
LONGEST_PAUSE_SECONDS = 5.0


class HubFault(NamedTuple):
    """One fault in what was sent: where, what is wrong, what would be right."""

    pointer: str
    detail: str
    suggestion: str | None


class HubError(Exception):
    """The hub refused a request, as its problem details (RFC 9457) tell."""

    def __init__(self, status: int, detail: str, faults: Iterable[HubFault] = ()) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = tuple(faults)


class HubUnreachable(HubError):
    """Nobody answers at the address."""

    def __init__(self, url: str) -> None:
        super().__init__(
            503, f"There is no hub at {url}: start one with `mergehub up`, or set MERGEHUB_URL."
        )


@dataclass(frozen=True)
class ServerSentEvent:
    """One event of a stream (HTML standard, 9.2)."""

    id: str | None
    event: str
    data: str


class HubClient:
    """One hub and one token. Every method raises HubError where the hub says no."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url.rstrip("/")
        self._http = httpx.Client(
            base_url=self.url,
            timeout=TIMEOUT,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            trust_env=not _is_local(self.url),  # a proxy cannot reach this machine's loopback
        )

    @classmethod
    def found(cls, url: str | None = None, token: str | None = None) -> Self:
        """The hub of MERGEHUB_URL, or the one that this machine's `mergehub up` left word of.

        Else it is the last one that somebody signed in to from here.
        """
        url = url or os.environ.get("MERGEHUB_URL")
        token = token or os.environ.get("MERGEHUB_TOKEN")
        left = read_connection(default_folder())
        signed_in = read_logins()
        if url is None or url.rstrip("/") == left.get("url"):
            token = token or left.get("token")
        url = (url or left.get("url") or next(reversed(signed_in), DEFAULT_URL)).rstrip("/")
        return cls(url, token or signed_in.get(url))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._http.close()

    def handle(self) -> str:
        """The handle of one's own account."""
        return str(self.get("/v1/accounts/me")["account"]["handle"])

    def recipe(self, name: str) -> dict[str, Any]:
        """The published recipe `owner/name`, or that of a name: one's own, or the only one."""
        owner, _, plain = name.rpartition("/")
        found = self.get("/v1/recipes", name=plain, owner=owner or None)["items"]
        if not found:
            raise HubError(404, f"There is no recipe called {name!r}.")
        if len(found) > 1:
            return self._own(found)
        return dict(found[0])

    def _own(self, recipes: list[dict[str, Any]]) -> dict[str, Any]:
        handle = self.handle()
        for each in recipes:
            if each["owner"] == handle:
                return each
        names = ", ".join(f"{each['owner']}/{each['name']}" for each in recipes)
        raise HubError(409, f"Several have published one: say whose, of {names}.")

    def publish(self, recipe: str, name: str, **about: Any) -> dict[str, Any]:
        """Publish a recipe's text under a new name; `about` gives owner, title, tags and so on."""
        return self._create("/v1/recipes", {"name": name, "recipe": recipe, **about})

    def publish_version(self, recipe_id: str, recipe: str) -> dict[str, Any]:
        """Publish the next version of a recipe."""
        return self._create(f"/v1/recipes/{recipe_id}/versions", {"recipe": recipe})

    def recipe_version(self, recipe_id: str, number: int) -> dict[str, Any]:
        return self.get(f"/v1/recipes/{recipe_id}/versions/{number}")

    def submit(self, wanted: Mapping[str, Any]) -> Run:
        """Queue a run: the fields of `MergeRunCreate` or `EvaluateRunCreate`."""
        return Run.model_validate(self._create("/v1/runs", wanted))

    def cancel(self, run_id: UUID) -> Run:
        """Cancel a run: at once while it waits, else as soon as its worker asks."""
        return Run.model_validate(self._create(f"/v1/runs/{run_id}/cancel", {}))

    def retry(self, run_id: UUID) -> Run:
        """Try a failed or cancelled run again."""
        return Run.model_validate(self._create(f"/v1/runs/{run_id}/retry", {}))

    def workers(self) -> list[Worker]:
        """Every worker that was heard of lately."""
        return [Worker.model_validate(each) for each in self._all("/v1/workers")]

    def queues(self) -> list[dict[str, Any]]:
        """How much work waits, by class of hardware."""
        return list(self.get("/v1/queues")["items"])

    def create_token(self, name: str, scopes: Iterable[str], **until: Any) -> dict[str, Any]:
        """A new token, shown this once; `until` gives expires_in (seconds) or expires_at."""
        return self._create("/v1/tokens", {"name": name, "scopes": list(scopes), **until})

    def tokens(self, *, revoked: bool = False) -> list[dict[str, Any]]:
        """The tokens that one may see, without their secrets."""
        return list(self._all("/v1/tokens", revoked=revoked))

    def revoke_token(self, token_id: str) -> None:
        """Make a token invalid for ever."""
        self._send(self._http.build_request("DELETE", f"/v1/tokens/{quote(token_id, safe='')}"))

    def redeem_shell_code(self, code: str, verifier: str) -> dict[str, Any]:
        """The token of this shell, for the code that a browser was given."""
        sent = {"code": code, "verifier": verifier}
        request = self._http.build_request("POST", "/v1/accounts/shell/token", json=sent)
        return dict(self._send(request).json())

    def sign_out(self) -> None:
        """End the token that this client sends."""
        self._send(self._http.build_request("POST", "/v1/accounts/sign-out"))

    def run(self, run_id: UUID) -> Run:
        return Run.model_validate(self.get(f"/v1/runs/{run_id}"))

    def runs(self, limit: int = 20) -> list[Run]:
        """The newest runs."""
        return [Run.model_validate(each) for each in self.get("/v1/runs", limit=limit)["items"]]

    def follow(self, run_id: UUID) -> Iterator[Run]:
        """Each change of a run until it ends, also over lost connections and restarts."""
        last_id: str | None = None
        pause = 0.2
        while True:
            try:
                for event in self._events(f"/v1/runs/{run_id}/events", last_id):
                    last_id, pause = event.id or last_id, 0.2
                    run = Run.model_validate_json(event.data)
                    yield run
                    if run.state in FINAL:
                        return
            except (httpx.TransportError, HubUnreachable):
                if last_id is None:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def model(self, name: str) -> dict[str, Any]:
        """The model of that name."""
        found = self.get("/v1/models", name=name)["items"]
        if not found:
            raise HubError(404, f"There is no model called {name!r} in the lineage.")
        return dict(found[0])

    def ancestors(self, model_id: str) -> dict[str, Any]:
        """What a model came from: nodes and edges."""
        return self.get(f"/v1/models/{model_id}/ancestors")

    def board(self, name: str, limit: int = 50) -> dict[str, Any]:
        """The first rows of a leaderboard."""
        return self.get(f"/v1/boards/{quote(name, safe='')}", limit=limit)

    def uplift(self, model: str) -> dict[str, Any]:
        """A merge compared with its parents."""
        return self.get("/v1/uplift", model=model)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The JSON body at `path`; parameters that are None are left out."""
        given = {name: value for name, value in params.items() if value is not None}
        return dict(self._send(self._http.build_request("GET", path, params=given)).json())

    def _all(self, path: str, **params: Any) -> Iterator[dict[str, Any]]:
        """The items of all pages."""
        page = self.get(path, **params)
        while True:
            yield from page["items"]
            if page["next_cursor"] is None:
                return
            page = self.get(path, cursor=page["next_cursor"], **params)

    def _create(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST under a key: sent again after a lost answer, it takes effect once."""
        request = self._http.build_request(
            "POST", path, json=dict(body), headers={"Idempotency-Key": str(uuid4())}
        )
        for tries_left in reversed(range(TRIES)):
            try:
                return dict(self._send(request).json())
            except (httpx.ReadError, httpx.RemoteProtocolError):
                if not tries_left:
                    raise
        raise AssertionError("unreachable")

    def _send(self, request: httpx.Request, *, stream: bool = False) -> httpx.Response:
        try:
            answer = self._http.send(request, stream=stream)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise HubUnreachable(self.url) from error
        if answer.is_error:
            answer.read()
            raise _error(answer)
        return answer

    def _events(self, path: str, last_id: str | None) -> Iterator[ServerSentEvent]:
        headers = {"Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        request = self._http.build_request("GET", path, headers=headers)
        answer = self._send(request, stream=True)
        try:
            yield from parse_events(answer.iter_lines())
        finally:
            answer.close()


def parse_events(lines: Iterable[str]) -> Iterator[ServerSentEvent]:
    """The events of a stream's lines; comments and unknown fields are passed over."""
    fields: dict[str, list[str]] = {}
    for line in lines:
        if line:
            name, _, value = line.partition(":")
            fields.setdefault(name, []).append(value.removeprefix(" "))
            continue
        if "data" in fields:
            identity = fields["id"][-1] if "id" in fields else None
            kind = fields["event"][-1] if "event" in fields else "message"
            yield ServerSentEvent(identity, kind, "\n".join(fields["data"]))
        fields = {}


def _is_local(url: str) -> bool:
    host = httpx.URL(url).host
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _error(answer: httpx.Response) -> HubError:
    try:
        problem = answer.json()
        faults = [
            HubFault(fault["pointer"], fault["detail"], fault["suggestion"])
            for fault in problem.get("errors", [])
        ]
        return HubError(answer.status_code, problem["detail"], faults)
    except (ValueError, KeyError, TypeError, AttributeError):
        return HubError(answer.status_code, f"The hub answered {answer.status_code}.")
