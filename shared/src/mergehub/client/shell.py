"""The client of the `mergehub` command: things by their names, runs and workers as models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Self, cast
from uuid import UUID

from mergehub.client import api
from mergehub.client.calls import Call, T
from mergehub.client.connection import found
from mergehub.client.errors import HubError
from mergehub.client.following import Outage
from mergehub.client.near import near
from mergehub.client.synchronous import Mergehub
from mergehub.contracts.runs import Run, RunSummary, SubmittedRun
from mergehub.contracts.workers import Worker

MOST_NAMES = 2_000
"""How many names are looked through for the nearest one."""


class HubClient:
    """One hub and one token. Every method raises HubError where the hub says no."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.hub = Mergehub(url, token)
        self.url = self.hub.url

    @classmethod
    def found(cls, url: str | None = None, token: str | None = None) -> Self:
        """The hub of MERGEHUB_URL, or the one that this machine's `mergehub up` left word of.

        Else it is the last one that somebody signed in to from here.
        """
        return cls(*found(url, token))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.hub.close()

    def send(self, call: Call[T]) -> T:
        """The body that a call of `mergehub.client.api` is answered with."""
        return self.hub.send(call)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The JSON body at `path`; parameters that are None are left out."""
        call: Call[dict[str, Any]] = Call("GET", path, query=params)
        return self.send(call)

    def handle(self) -> str:
        """The handle of one's own account."""
        return str(self.get("/v1/accounts/me")["account"]["handle"])

    def recipe(self, name: str) -> dict[str, Any]:
        """The published recipe `owner/name`, or that of a name: one's own, or the only one."""
        owner, _, plain = name.rpartition("/")
        page = self.send(api.list_recipes(name=plain, owner=owner or None))
        known = page["items"]
        if not known:
            near = " or ".join(page["suggestions"])
            hint = f" Did you mean {near}?" if near else ""
            raise HubError(404, f"There is no recipe called {name!r}.{hint}")
        return self._own(known) if len(known) > 1 else dict(known[0])

    def _own(self, recipes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        handle = self.handle()
        for each in recipes:
            if each["owner"] == handle:
                return dict(each)
        names = ", ".join(f"{each['owner']}/{each['name']}" for each in recipes)
        raise HubError(409, f"Several have published one: say whose, of {names}.")

    def publish(self, recipe: str, name: str, **about: Any) -> dict[str, Any]:
        """Publish a recipe's text under a new name; `about` gives owner, title, tags and so on."""
        body: Any = {"name": name, "recipe": recipe, **about}
        return _plain(self.send(api.publish_recipe(body)))

    def publish_version(self, recipe_id: str, recipe: str) -> dict[str, Any]:
        """Publish the next version of a recipe."""
        return _plain(self.send(api.publish_recipe_version(recipe_id, {"recipe": recipe})))

    def recipe_version(self, recipe_id: str, number: int) -> dict[str, Any]:
        return _plain(self.send(api.get_recipe_version(recipe_id, number)))

    def submit(self, wanted: Mapping[str, Any]) -> SubmittedRun:
        """Queue a run: the fields of `MergeRunCreate` or `EvaluateRunCreate`."""
        return SubmittedRun.model_validate(self.send(api.submit_run(cast(Any, dict(wanted)))))

    def cancel(self, run_id: UUID) -> Run:
        """Cancel a run: at once while it waits, else as soon as its worker asks."""
        return _run(self.send(api.cancel_run(run_id)))

    def retry(self, run_id: UUID) -> SubmittedRun:
        """Try a failed or cancelled run again."""
        return SubmittedRun.model_validate(self.send(api.retry_run(run_id)))

    def run(self, run_id: UUID) -> Run:
        return _run(self.send(api.get_run(run_id)))

    def runs(self, limit: int = 20) -> list[RunSummary]:
        """The newest runs, in short."""
        return [
            RunSummary.model_validate(each)
            for each in self.send(api.list_runs(limit=limit))["items"]
        ]

    def follow(self, run_id: UUID, on_outage: Outage = lambda away: None) -> Iterator[Run]:
        """Each change of a run until it ends, also over lost connections and restarts."""
        return map(_run, self.hub.follow(run_id, on_outage=on_outage))

    def workers(self) -> list[Worker]:
        """Every worker that was heard of lately."""
        return [Worker.model_validate(each) for each in self.hub.pages(api.list_workers())]

    def queues(self) -> list[dict[str, Any]]:
        """How much work waits, by class of hardware."""
        return list(map(_plain, self.send(api.list_queues())["items"]))

    def create_token(self, name: str, scopes: Iterable[str], **until: Any) -> dict[str, Any]:
        """A new token, shown this once; `until` gives expires_in (seconds) or expires_at."""
        body: Any = {"name": name, "scopes": list(scopes), **until}
        return _plain(self.send(api.create_token(body)))

    def tokens(self, *, revoked: bool = False) -> list[dict[str, Any]]:
        """The tokens that one may see, without their secrets."""
        return list(map(_plain, self.hub.pages(api.list_tokens(revoked=revoked))))

    def revoke_token(self, token_id: str) -> None:
        """Make a token invalid for ever."""
        self.send(api.revoke_token(token_id))

    def redeem_shell_code(self, code: str, verifier: str) -> dict[str, Any]:
        """The token of this shell, for the code that a browser was given."""
        body: Any = {"code": code, "verifier": verifier}
        return _plain(self.send(api.redeem_shell_code(body)))

    def sign_out(self) -> None:
        """End the token that this client sends."""
        self.send(api.sign_out())

    def model(self, name: str) -> dict[str, Any]:
        """The model of that name."""
        known = self.send(api.list_models(name=name))["items"]
        if not known:
            others = islice(self.hub.pages(api.list_models(limit=200)), MOST_NAMES)
            raise HubError(404, _missing("model", name, (each["name"] for each in others)))
        return dict(known[0])

    def ancestors(self, model_id: str) -> dict[str, Any]:
        """What a model came from: nodes and edges."""
        return _plain(self.send(api.list_ancestors(model_id)))

    def boards(self) -> list[dict[str, Any]]:
        """The leaderboards that there are."""
        return list(map(_plain, self.send(api.list_boards())["items"]))

    def board(self, name: str, limit: int = 50) -> dict[str, Any]:
        """The first rows of a leaderboard."""
        return _plain(self.send(api.get_board(name, limit=limit)))

    def uplift(self, model: str) -> dict[str, Any]:
        """A merge compared with its parents."""
        return _plain(self.send(api.get_uplift(model=model)))


def _run(told: Mapping[str, Any]) -> Run:
    return Run.model_validate(told)


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return dict(told)


def _missing(kind: str, name: str, known: Iterable[str], otherwise: str = "") -> str:
    return f"There is no {kind} called {name!r}. {near(name, known) or otherwise}".rstrip()
