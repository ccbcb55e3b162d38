"""Small numbers for texts that many rows share, such as licences and methods."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

OTHER = "(other)"
LARGEST = 2**16 - 1
UNKNOWN = "unknown"


class Codes:
    """The texts of one kind. Code 0 means unknown; when codes run out, all new texts share one."""

    def __init__(self) -> None:
        self._texts: list[str] = [""]
        self._codes: dict[str, int] = {"": 0}

    def __getitem__(self, code: int) -> str:
        return self._texts[code]

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def find(self, text: str) -> int | None:
        """The code of a text, if a row has it."""
        return self._codes.get(text)

    def code(self, text: str | None) -> int:
        """The code of a text, which is new perhaps."""
        known = self._codes.get(text or "")
        return self._add(text or "") if known is None else known

    def _add(self, text: str) -> int:
        if len(self._texts) == LARGEST:
            text = OTHER
        code = len(self._texts)
        if code > LARGEST:
            return LARGEST
        self._texts.append(text)
        self._codes[text] = code
        return code


@dataclass(frozen=True)
class Vocabulary:
    """The codes of each kind of text. A set of domains is one text, its parts sorted."""

    architecture: Codes = field(default_factory=Codes)
    licence: Codes = field(default_factory=Codes)
    domains: Codes = field(default_factory=Codes)
    method: Codes = field(default_factory=Codes)
    source: Codes = field(default_factory=Codes)


SEPARATOR = "\n"


def domains_text(domains: list[str]) -> str:
    """A set of domains as one text."""
    return SEPARATOR.join(sorted(set(domains)))


def domains_of(text: str) -> list[str]:
    """The domains in a text of `domains_text`."""
    return text.split(SEPARATOR) if text else []


def sets_with(codes: Codes, domains: Collection[str]) -> list[int]:
    """The codes of the sets of domains that have one of these."""
    wanted = set(domains)
    return [code for code, text in enumerate(codes) if wanted.intersection(domains_of(text))]


def licence_codes(codes: Codes, licences: Collection[str]) -> list[int]:
    """The codes of licences; `unknown` stands for models without one."""
    found = [codes.find(text) for text in sorted(licences)]
    return [code for code in found if code is not None] + [0] * (UNKNOWN in licences)
