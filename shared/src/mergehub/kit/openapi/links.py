"""Links of the OpenAPI document: what a client can do next with an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from mergehub.kit.openapi.document import Document, operations

ID = "$response.body#/id"


@dataclass(frozen=True)
class Link:
    """A link from an operation's answer to other operations.

    `parameters` and `body` map their inputs to runtime expressions, such as `$response.body#/id`.
    """

    after: str
    to: tuple[str, ...]
    parameters: Mapping[str, str]
    body: Mapping[str, str] = field(default_factory=dict)


def describe_links(links: Iterable[Link]) -> Callable[[Document], None]:
    """A change of the document that adds `links` to the successful answers."""

    def describe(document: Document) -> None:
        named = {each["operationId"]: each for each in operations(document)}
        for link in links:
            for status, answer in named[link.after]["responses"].items():
                if status.startswith("2"):
                    answer.setdefault("links", {}).update({to: _told(to, link) for to in link.to})

    return describe


def _told(to: str, link: Link) -> Document:
    told: Document = {"operationId": to, "parameters": dict(link.parameters)}
    return told | ({"requestBody": dict(link.body)} if link.body else {})
