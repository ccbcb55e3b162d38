"""The recipe in a repository of the Hugging Face Hub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from httpx2 import TransportError
from huggingface_hub import constants
from huggingface_hub.errors import OfflineModeIsEnabled
from huggingface_hub.utils import build_hf_headers, get_session  # type: ignore[attr-defined]

from mergehub.lineage_files.cards.cards import LONGEST_CARD
from mergehub.lineage_files.rows import Unreadable
from mergehub.recipe.yaml.limits import MAX_CHARACTERS

from .cards import about_card, read_card
from .documents import documents
from .naming import named
from .rows import Refused, Row

CARD, CONFIG = "README.md", "mergekit_config.yml"
_REPOSITORY = re.compile(
    r"(?P<id>[A-Za-z0-9][\w.-]{0,95}/(?P<name>[A-Za-z0-9][\w.-]{0,95}))(@(?P<at>[\w./-]{1,200}))?"
)


def read_repository(
    written: str, name: str | None = None, endpoint: str | None = None, token: str | None = None
) -> Iterator[Row]:
    """The recipes of `org/name`, or of its revision `org/name@revision`.

    They are those of `mergekit_config.yml` if it is there, or else those that the card shows. The
    card says the licence and the tags.

    Raises:
        Unreadable: there is no such name, or the Hub refuses or does not answer.
    """
    found = _REPOSITORY.fullmatch(written)
    if found is None:
        raise Unreadable(f"{written!r} is not a repository: give one as in org/name.")
    base = f"{(endpoint or constants.ENDPOINT).rstrip('/')}/{found['id']}/resolve"
    place = f"{base}/{quote(found['at'] or 'main', safe='')}"
    card = _text(f"{place}/{CARD}", LONGEST_CARD, token)
    config = _text(f"{place}/{CONFIG}", MAX_CHARACTERS, token)
    called = name or found["name"]
    if config is not None:
        yield from named(documents(config), called, about_card(card or ""))
    elif card is not None:
        yield from _shown(card, called)
    else:
        reason = f"it has neither {CONFIG} nor a card, or it does not exist"
        yield Refused(1, called, "no-recipe", reason)


def _shown(card: str, called: str) -> Iterator[Row]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / CARD
        path.write_text(card, encoding="utf-8")
        yield from read_card(path, None, called)


def _text(address: str, most: int, token: str | None) -> str | None:
    """The text of a file; None if it is not there."""
    headers = build_hf_headers(token=token, library_name="mergehub")
    try:
        with get_session().stream("GET", address, headers=headers) as got:
            if got.status_code == 404:
                return None
            if got.status_code != 200:
                raise Unreadable(_refused(address, got.status_code))
            body = bytearray()
            for piece in got.iter_bytes():
                body += piece
                if len(body) > most:
                    raise Unreadable(f"{address} has more than {most} bytes.")
    except OfflineModeIsEnabled as error:
        raise Unreadable(f"No request was sent: {error}") from error
    except TransportError as error:
        raise Unreadable(f"{address} does not answer: {error}") from error
    return body.decode("utf-8", errors="replace").replace("\r\n", "\n")


def _refused(address: str, status: int) -> str:
    if status in (401, 403):
        return f"{address} is private, gated or not there: a token in HF_TOKEN may open it."
    return f"{address} is refused ({status}). Try again later."
