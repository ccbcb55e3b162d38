"""The client of the `mergehub` command: it finds things by name and returns runs as models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any, Self, cast
from uuid import UUID

from mergehub.client import api
from mergehub.client.calls import Call, T, etag
from mergehub.client.connection import found
from mergehub.client.errors import HubError
from mergehub.client.following import Outage
from mergehub.client.near import near
from mergehub.client.synchronous import Mergehub
from mergehub.contracts.runs import Run, RunSummary, SubmittedRun
from mergehub.contracts.workers import Worker

NEAREST = 3
LONGEST = 500
"""So many models a message suggests, and so many characters of a name are searched for."""
MOST_TWINS = 10


class HubClient:
    """A client for one hub and one token. Every method raises HubError if the hub refuses."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.hub = Mergehub(url, token)
        self.url = self.hub.url

    @classmethod
    def found(cls, url: str | None = None, token: str | None = None) -> Self:
        """A client for the hub of MERGEHUB_URL, or for the one that `mergehub up` started here.

        Without these, it uses the hub of the last sign-in on this machine.
        """
        return cls(*found(url, token))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.hub.close()

    def send(self, call: Call[T]) -> T:
        """Send a call of `mergehub.client.api` and return the body of the answer."""
        return self.hub.send(call)

    def get(self, path: str, **params: Any) -> dict[str, Any]:
        """The JSON body at `path`; parameters that are None are left out."""
        call: Call[dict[str, Any]] = Call("GET", path, query=params)
        return self.send(call)

    def pieces(self, path: str, **params: Any) -> Iterator[bytes]:
        """The body at `path` as it arrives; parameters that are None are left out."""
        return self.hub.pieces(Call("GET", path, query=params))

    def handle(self) -> str:
        """The handle of the caller's account."""
        return str(self.get("/v1/accounts/me")["account"]["handle"])

    def recipe(self, name: str) -> dict[str, Any]:
        """The published recipe `owner/name`, or for a bare name the caller's or the only one.

        A name that it had before leads to it, too.
        """
        owner, _, plain = name.rpartition("/")
        if owner and (found := self.named(owner, plain)):
            return found
        page = self.send(api.list_recipes(name=[plain], owner=[owner] if owner else None))
        if known := page["items"]:
            return self._own(known) if len(known) > 1 else dict(known[0])
        if not owner and (found := self._mine(plain)):
            return found
        near = " or ".join(page["suggestions"])
        hint = f" Did you mean {near}?" if near else ""
        raise HubError(404, f"There is no recipe called {name!r}.{hint}")

    def named(self, owner: str, name: str) -> dict[str, Any] | None:
        """The recipe that has this name, or had it before; None if there is none to see."""
        try:
            return dict(self.send(api.get_recipe_by_name(owner, name)))
        except HubError as error:
            if error.status != HTTPStatus.NOT_FOUND:
                raise
            return None

    def _mine(self, name: str) -> dict[str, Any] | None:
        """The caller's own recipe that lists do not show under this name."""
        try:
            handle = self.handle()
        except HubError:  # no token, or one of no account
            return None
        return self.named(handle, name)

    def _own(self, recipes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
        handle = self.handle()
        for each in recipes:
            if each["owner"] == handle:
                return dict(each)
        names = ", ".join(f"{each['owner']}/{each['name']}" for each in recipes)
        raise HubError(409, f"Several accounts have published this name: give one of {names}.")

    def publish(self, recipe: str, name: str, **about: Any) -> dict[str, Any]:
        """Publish a recipe's text under a new name; `about` holds owner, title, tags and so on."""
        body: Any = {"name": name, "recipe": recipe, **about}
        return _plain(self.send(api.publish_recipe(body)))

    def publish_version(self, recipe_id: str, recipe: str) -> dict[str, Any]:
        """Publish the next version of a recipe."""
        return _plain(self.send(api.publish_recipe_version(recipe_id, {"recipe": recipe})))

    def change_recipe(self, recipe_id: str, **changes: Any) -> dict[str, Any]:
        """Change a recipe as it is now."""
        read = self.send(api.get_recipe(recipe_id))
        body: Any = changes
        return _plain(self.send(api.update_recipe(recipe_id, body, if_match=etag(read))))

    def delete_recipe(self, recipe_id: str) -> None:
        """Delete a recipe from which nothing else came."""
        self.send(api.delete_recipe(recipe_id))

    def fork(self, recipe_id: str, **about: Any) -> dict[str, Any]:
        """Fork a recipe; `about` holds version, name, owner, visibility and so on."""
        body: Any = about
        return _plain(self.send(api.fork_recipe(recipe_id, body)))

    def twins(self, recipe_id: str, number: int) -> list[dict[str, Any]]:
        """The first versions of other recipes that are the same."""
        return list(
            map(_plain, self.send(api.list_recipe_twins(recipe_id, number, limit=5))["items"])
        )

    def recipe_version(self, recipe_id: str, number: int) -> dict[str, Any]:
        return _plain(self.send(api.get_recipe_version(recipe_id, number)))

    def submit(self, wanted: Mapping[str, Any]) -> SubmittedRun:
        """Queue a run; `wanted` has the fields of `MergeRunCreate` or `EvaluateRunCreate`."""
        return SubmittedRun.model_validate(self.send(api.submit_run(cast(Any, dict(wanted)))))

    def cancel(self, run_id: UUID) -> Run:
        """Cancel a run: at once while it waits, else at its worker's next heartbeat."""
        return _run(self.send(api.cancel_run(run_id)))

    def retry(self, run_id: UUID) -> SubmittedRun:
        """Try a failed or cancelled run again."""
        return SubmittedRun.model_validate(self.send(api.retry_run(run_id)))

    def run(self, run_id: UUID) -> Run:
        return _run(self.send(api.get_run(run_id)))

    def waiting(self, run_id: UUID) -> list[str]:
        """What a queued run waits for beside its turn, in sentences."""
        return list(self.send(api.get_waiting(run_id))["reasons"])

    def runs(self, limit: int = 20) -> list[RunSummary]:
        """Summaries of the newest runs."""
        return [
            RunSummary.model_validate(each)
            for each in self.send(api.list_runs(limit=limit))["items"]
        ]

    def follow(self, run_id: UUID, on_outage: Outage = lambda away: None) -> Iterator[Run]:
        """Each change of a run until it ends, across lost connections and restarts."""
        return map(_run, self.hub.follow(run_id, on_outage=on_outage))

    def workers(self) -> list[Worker]:
        """Every worker that has reported lately."""
        return [Worker.model_validate(each) for each in self.hub.pages(api.list_workers())]

    def queues(self) -> list[dict[str, Any]]:
        """The length of the queue of each class of hardware."""
        return list(map(_plain, self.send(api.list_queues())["items"]))

    def create_token(self, name: str, scopes: Iterable[str], **until: Any) -> dict[str, Any]:
        """Make a token, shown only now; `until` holds expires_in (seconds) or expires_at."""
        body: Any = {"name": name, "scopes": list(scopes), **until}
        return _plain(self.send(api.create_token(body)))

    def tokens(self, *, revoked: bool = False) -> list[dict[str, Any]]:
        """The tokens that the caller may see, without their secrets."""
        return list(map(_plain, self.hub.pages(api.list_tokens(revoked=revoked))))

    def revoke_token(self, token_id: str) -> None:
        """Revoke a token permanently."""
        self.send(api.revoke_token(token_id))

    def redeem_shell_code(self, code: str, verifier: str) -> dict[str, Any]:
        """Exchange the code that a browser got for this shell's token."""
        body: Any = {"code": code, "verifier": verifier}
        return _plain(self.send(api.redeem_shell_code(body)))

    def sign_out(self) -> None:
        """Revoke the token that this client sends."""
        self.send(api.sign_out())

    def model(self, name: str) -> dict[str, Any]:
        """The model called `name`."""
        if not name.strip():
            raise HubError(422, "This is no name. Give a model's name, such as org/model-7b.")
        known = self.send(api.list_models(name=name))["items"]
        if not known:
            raise HubError(404, _missing("model", name, (), self._nearest(name)))
        return dict(known[0])

    def _nearest(self, name: str) -> str:
        """A question with the models that the hub finds by a name, or by its last part."""
        for part in dict.fromkeys((name, name.rpartition("/")[2])):
            if part.strip():
                found = self.send(api.list_models(q=part[:LONGEST], limit=NEAREST))["items"]
                if found:
                    names = (each["name"] for each in found)
                    return f"Did you mean {' or '.join(names)}?"
        return ""

    def ancestors(self, model_id: str) -> dict[str, Any]:
        """The ancestors of a model, as nodes and edges."""
        return _plain(self.send(api.list_ancestors(model_id)))

    def boards(self) -> list[dict[str, Any]]:
        """All leaderboards."""
        return list(map(_plain, self.hub.pages(api.list_boards())))

    def board(self, name: str, limit: int = 50) -> dict[str, Any]:
        """The first rows of a leaderboard."""
        return _plain(self.send(api.get_board(name, limit=limit)))


def _run(told: Mapping[str, Any]) -> Run:
    return Run.model_validate(told)


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return dict(told)


def _missing(kind: str, name: str, known: Iterable[str], otherwise: str = "") -> str:
    return f"There is no {kind} called {name!r}. {near(name, known) or otherwise}".rstrip()
