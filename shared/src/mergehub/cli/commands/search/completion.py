"""Completing a query in the shell: the fields and values that its last word may become."""

from __future__ import annotations

from collections.abc import Iterator

import click
import httpx
from click.shell_completion import CompletionItem

from mergehub.client import HubError, HubUnreachable, Mergehub, api
from mergehub.client.connection import found
from mergehub.client.types.registry import Suggestions
from mergehub.tokens import BadToken
from mergehub.variables import BadVariable

SECONDS = 2.0
"""So long a shell waits for the hub at most; after that, it completes nothing."""

NO_ANSWER = (HubError, HubUnreachable, httpx.HTTPError, httpx.InvalidURL, BadToken, BadVariable)


def completed(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """What the hub suggests for the word that is being written; nothing if it does not answer."""
    query, start = _written(ctx.params.get("words") or (), begun)
    try:
        told = _asked(ctx.find_root().params, query)
    except NO_ANSWER:
        return []
    return [
        CompletionItem(whole[start:].rstrip(), help=meaning)
        for whole, meaning in _suggested(told)
        if whole.startswith(query) and '"' not in whole
    ]


def _written(words: tuple[str, ...], begun: str) -> tuple[str, int]:
    """The query so far, and from where on the shell replaces it.

    Bash takes `method:ti` for three words and replaces the last one, or nothing after a colon.
    """
    query = " ".join((*words, begun)).replace(" : ", ":")
    if begun == ":":
        query = query.removesuffix(" :") + ":"
        return query, len(query)
    return query, len(query) - len(begun)


def _asked(given: dict[str, str | None], query: str) -> Suggestions:
    url, token = found(given.get("url"), given.get("token"))
    with Mergehub(url, token, tries=1, seconds=SECONDS) as hub:
        return hub.send(api.get_recipe_suggestions(q=query))


def _suggested(told: Suggestions) -> Iterator[tuple[str, str]]:
    """Each suggestion as a whole query, and what it means."""
    for field in told["fields"]:
        yield field["q"], field["meaning"]
    for values in told["values"].values():
        for each in values:
            count = each["count"]
            yield each["q"], f"{count} recipe{'' if count == 1 else 's'}"
