"""The name of a model as tables and folders write it."""

from __future__ import annotations

import html
import re
from contextlib import suppress
from typing import NamedTuple

from mergehub.lineage_files.names import BadName, read_name
from mergehub.result_files import values
from mergehub.result_files.headers import cleaned

LONGEST = 10_000
_HREF = re.compile(r"""<a\b[^<>]{0,2000}?href\s*=\s*["']?([^"'\s<>]{1,1000})""", re.IGNORECASE)
_ANCHOR = re.compile(r"<a\b[^<>]{0,2000}>([^<]{0,1000})</a>", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]{1,500})\]\(\s*<?([^()\s<>]{1,1000})>?[^()]{0,200}\)")
_REVISION = re.compile(r"(?<=[\w.-])@([A-Za-z0-9][\w./-]{0,199})\s*$")
_PRECISION = re.compile(
    r"\s*[(\[]\s*(bf16|bfloat16|fp16|float16|fp32|float32|fp8|int8|int4|nf4|8-?bit|4-?bit|gptq|awq)"
    r"\s*[)\]]\s*$",
    re.IGNORECASE,
)
_HUB = re.compile(r"https?://(?:www\.)?(?:huggingface\.co|hf\.co)/", re.IGNORECASE)


class Variant(NamedTuple):
    """A model's name, and the revision and precision that are written with it."""

    name: str
    revision: str | None = None
    precision: str | None = None


def variant_named(written: str, form: str = "auto") -> Variant:
    """The model that a cell names, with a revision (`org/a@1f2e`) or a precision (`org/a (4bit)`).

    Raises:
        BadName: it names none.
    """
    precision = revision = None
    if found := _PRECISION.search(written[:LONGEST]):
        written, precision = written[: found.start()], values.precision(found[1])
    if "<" not in written and (found := _REVISION.search(written[:LONGEST])):
        written, revision = written[: found.start()], found[1]
    return Variant(model_named(written, form), revision, precision)


def model_named(written: str, form: str = "auto") -> str:
    """The model that a cell names, also as an HTML or Markdown link.

    An address on the Hugging Face Hub is the model's name; of other links, the text is.

    Raises:
        BadName: it names none.
    """
    if len(written) > LONGEST:
        raise BadName("the cell is too long for a name")
    if "\ufffd" in written:  # else it would go as decoration
        raise BadName("the name is not in UTF-8")
    if form == "html" or (form == "auto" and "<" in written):
        return _linked(written, _HREF.search(written), _ANCHOR.search(written))
    if form in ("auto", "markdown") and (found := _LINK.search(written)):
        return _of(found[2], found[1])
    return read_name(written.strip() if form == "plain" else _undecorated(written)).text


def _linked(written: str, href: re.Match[str] | None, anchor: re.Match[str] | None) -> str:
    text = anchor[1] if anchor else written
    return _of(html.unescape(href[1]) if href else "", text)


def _of(address: str, text: str) -> str:
    if _HUB.match(address):
        with suppress(BadName):  # of a data set or space: the text names the model
            return read_name(address).text
    return read_name(cleaned(text)).text


def _undecorated(written: str) -> str:
    """The name without emoji and bold type; one that is plain stays as it is."""
    name = written.strip()
    if name.isascii() and "*" not in name and "`" not in name:
        return name
    return cleaned(name.strip("*`")) if not name.startswith("_") else name
