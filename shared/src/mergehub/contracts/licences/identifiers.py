"""The identifiers of licences, and the other ways in which people write them."""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import lru_cache

IDENTIFIERS = (
    "afl-3.0", "agpl-3.0", "apache-2.0", "apple-amlr", "apple-ascl", "artistic-2.0",
    "bigcode-openrail-m", "bigscience-bloom-rail-1.0", "bigscience-openrail-m", "bsd",
    "bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "bsl-1.0", "cc-by-2.0", "cc-by-2.5",
    "cc-by-3.0", "cc-by-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0", "cc-by-nc-nd-3.0",
    "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0",
    "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0",
    "cdla-sharing-1.0", "creativeml-openrail-m", "deepfloyd-if-license", "deepseek",
    "deepseek-license", "ecl-2.0", "epl-1.0", "epl-2.0", "etalab-2.0", "eupl-1.1", "eupl-1.2",
    "fair-noncommercial-research-license", "gemma", "gfdl", "gpl", "gpl-2.0", "gpl-3.0",
    "h-research", "intel-research", "isc", "lgpl", "lgpl-2.1", "lgpl-3.0", "lgpl-lr", "llama2",
    "llama3", "llama3.1", "llama3.2", "llama3.3", "llama4", "mit", "mnpl", "mpl-2.0", "mrl",
    "ms-pl", "ncsa", "odbl", "odc-by", "ofl-1.1", "open-mdw", "openrail", "openrail++", "osl-3.0",
    "pddl", "postgresql", "qwen", "qwen-research", "tongyi-qianwen", "tongyi-qianwen-research",
    "unlicense", "wtfpl", "zlib",
)  # fmt: skip
_SHORT = (
    ("creative commons zero", "cc0"), ("creative commons", "cc"), ("attribution", "by"),
    (r"non\W?commercial", "nc"), (r"share\W?alike", "sa"), (r"no\W?deriv(ative)?s", "nd"),
    ("gnu ", ""), ("affero general public", "agpl"), ("lesser general public", "lgpl"),
    ("general public", "gpl"), ("mozilla public", "mpl"),
)  # fmt: skip
_LEFT_OUT = re.compile(
    r"\b(the|licen[cs]ed?|version|international|community|agreement|terms of use|meta|software|"
    r"only|or\Wlater)\b"
)


LONGEST = 100
"""The characters of a licence as people write it."""
NO_IDENTIFIER = "other"
"""The word of model cards for a licence that has no identifier."""


def identifier_or_fault(written: str) -> str:
    """The identifier of a licence in a usual spelling, or `other`.

    Raises:
        ValueError: no licence is known by that name; the message has the nearest.
    """
    found = identifier_of(written)
    if found in IDENTIFIERS or found == NO_IDENTIFIER:
        return found
    near = get_close_matches(written.lower(), IDENTIFIERS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ValueError(f"must be a licence's identifier, such as apache-2.0, or other{hint}")


def identifier_of(written: str) -> str:
    """The identifier of a licence that is written in a usual way: `gpl-3.0` for `GPLv3`.

    Others stay as they are: what a licence is, is never guessed.
    """
    return _identifier(written) if len(written) <= LONGEST else written


@lru_cache(maxsize=10_000)
def _identifier(written: str) -> str:
    text = " ".join(written.lower().split())
    if text in IDENTIFIERS:
        return text
    shorter = text
    for words, short in _SHORT:
        shorter = re.sub(words, short, shorter)
    known = _KNOWN.get(_bare(text)) or _KNOWN.get(_bare(_LEFT_OUT.sub(" ", shorter)))
    return known or written


def _bare(text: str) -> str:
    """A spelling without what people write in different ways."""
    text = re.sub(r"v(?=\.?\s?\d)", " ", text)
    text = re.sub(r"(?<=\d)\.0\b", "", text)
    return re.sub(r"[^a-z0-9+]", "", text)


_KNOWN = {
    **{_bare(each): each for each in IDENTIFIERS},
    "apache": "apache-2.0", "asl2": "apache-2.0", "cc0": "cc0-1.0", "mpl": "mpl-2.0",
    "bsd3": "bsd-3-clause", "bsd2": "bsd-2-clause",
}  # fmt: skip
