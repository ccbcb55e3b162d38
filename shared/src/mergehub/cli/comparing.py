"""What the lineage of a hub says of a recipe's models, for a shell that knows a hub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
import httpx

from mergehub.cli.failures import Line
from mergehub.client import HubError, HubUnreachable, Mergehub, api
from mergehub.client.connection import found, is_known
from mergehub.client.types.registry import RecipeCheck
from mergehub.tokens import BadToken
from mergehub.variables import BadVariable

SECONDS = 5.0
"""How long to wait for the hub: a check must not hang because a hub does."""

WHY = {
    "unavailable": "the hub's lineage does not answer.",
    "not-asked": "the recipe names too many.",
}

MISSING_BASE = ("/base_model", "missing")
"""The place and the code of the fault for which a hub may have a suggestion."""

Compared = Mapping[str, Any]
"""The hub's check of the recipe, or the `reason` why there is none."""


def compared(ctx: click.Context, text: str, licence: str | None = None) -> Compared | None:
    """The recipe as the hub checks it beside its lineage; None if this shell knows no hub.

    `licence`: the one that the recipe is to have.
    """
    wanted: RecipeCheck = {"recipe": text}
    if licence is not None:
        wanted["licence"] = licence
    given: Mapping[str, str | None] = ctx.obj or {}
    try:
        if not is_known(given.get("url")):
            return None
        with _hub(given) as hub:
            answer = hub.send(api.check_recipe(wanted))
            if answer["lineage"] == "unavailable":  # a hub that has just started is soon there
                answer = hub.send(api.check_recipe(wanted))
            return answer
    except (HubUnreachable, httpx.HTTPError, BadToken, BadVariable) as error:
        return _none(str(error) or "the hub does not answer")
    except HubError as error:
        return _none(f"the hub refuses the check. {error.detail}")
    except (httpx.InvalidURL, ValueError) as error:
        return _none(f"the address of the hub is wrong: {error}")


def with_base(ctx: click.Context, text: str, faults: Sequence[Line]) -> list[Line]:
    """The faults of a recipe; if its base is missing, with the base that a known hub suggests."""
    if all((each.path, each.code) != MISSING_BASE for each in faults):
        return list(faults)
    suggested = _suggested_base(ctx.obj or {}, text)
    return [
        each._replace(suggestion=suggested)
        if suggested and (each.path, each.code) == MISSING_BASE
        else each
        for each in faults
    ]


def _suggested_base(given: Mapping[str, str | None], text: str) -> str | None:
    """What a known hub suggests for a base that is missing."""
    try:
        if is_known(given.get("url")):
            with _hub(given) as hub:
                hub.send(api.check_recipe({"recipe": text}))
    except HubError as error:
        for each in error.faults:
            if (each.pointer.partition("#")[2], each.code) == MISSING_BASE:
                return each.suggestion
    except (HubUnreachable, httpx.HTTPError, BadToken, BadVariable, httpx.InvalidURL, ValueError):
        return None  # the faults say enough without a hub
    return None


def _hub(given: Mapping[str, str | None]) -> Mergehub:
    url, token = found(given.get("url"), given.get("token"))
    return Mergehub(url, token, tries=1, seconds=SECONDS)


def warnings(answer: Compared) -> list[Line]:
    """The hub's warnings as lines; places are those in the recipe."""
    return [
        Line(
            each["pointer"].partition("#")[2],
            each["line"],
            each["detail"],
            each["suggestion"],
            each["code"],
        )
        for each in answer.get("warnings", ())  # an older hub gives none when it publishes
    ]


def note(answer: Compared) -> str | None:
    """What was not compared, as a sentence."""
    if answer["lineage"] == "answered":
        unknown = ", ".join(answer["unknown_models"])
        return f"Not compared, since the hub does not know them: {unknown}" if unknown else None
    return f"The models were not compared: {answer.get('reason') or WHY[answer['lineage']]}"


def _none(reason: str) -> Compared:
    return {"lineage": "unavailable", "warnings": [], "unknown_models": [], "reason": reason}
