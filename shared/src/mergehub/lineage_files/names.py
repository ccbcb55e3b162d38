"""Names of models as people write them, and the names that they stand for."""

from __future__ import annotations

import re
from typing import NamedTuple

from mergehub.contracts.lineage_names import LONGEST, composed, fault, is_nothing

_URL = re.compile(
    r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)/(?:models/)?", re.IGNORECASE
)
_USUAL = re.compile(
    r"(?!(?:hf|huggingface)\.co/)[a-z0-9][\w.-]{0,200}/[a-z0-9][\w.-]{0,200}",
    re.ASCII | re.IGNORECASE,
)
"""Names that need no closer look, which are nearly all."""
_AFTER_NAME = re.compile(r"/(?:tree|blob|resolve|raw|commit|discussions)/.*|[?#].*", re.DOTALL)
_REVISION = re.compile(r"@[A-Za-z0-9][\w./-]*$")
NO_REVISION = "lineage knows the revision by its digest only"


class BadName(ValueError):
    """A text that names no model; the message says why."""


class Name(NamedTuple):
    """A model's name, and why it is not as it was written, if it is not."""

    text: str
    reason: str | None = None


def read_name(written: str) -> Name:
    """The name that a text stands for: an address of the Hugging Face Hub becomes the model's id.

    Raises:
        BadName: it stands for none.
    """
    if _USUAL.fullmatch(written) and not is_nothing(written):
        return Name(written)
    name = composed(written)
    if is_nothing(name):
        raise BadName("there is no name here")
    if len(name) > LONGEST:
        raise BadName(f"the name is longer than {LONGEST} characters")
    found = _without_address(name)
    if why := fault(found.text):
        raise BadName(why)
    return found


def is_usual(written: str) -> bool:
    """Whether a text has the usual form of a name: an owner and a model."""
    return _USUAL.fullmatch(written) is not None and not is_nothing(written)


def same(one: str, other: str) -> bool:
    """Whether two names are those of one model: their case does not matter."""
    return composed(one).lower() == composed(other).lower()


def _without_address(name: str) -> Name:
    if found := _URL.match(name):
        model = _AFTER_NAME.sub("", name[found.end() :]).strip("/")
        if model.count("/") > 1 or model.partition("/")[0] in ("datasets", "spaces") or not model:
            raise BadName("the address is not that of a model")
        return Name(model, "the address stands for the model")
    if name.count("/") == 1 and (found := _REVISION.search(name)):
        return Name(name[: found.start()], NO_REVISION)
    return Name(name)
