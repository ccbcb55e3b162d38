"""Small numbers for texts that many rows share, such as licences and methods."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

OTHER = "(other)"
LARGEST = 2**16 - 1
UNKNOWN = "unknown"
SEPARATOR = "\n"


class Codes:
    """The texts of one kind. Code 0 means unknown; when codes run out, all new texts share one."""

    def __init__(self, texts: Iterable[str] = ("",)) -> None:
        self._texts = list(texts)
        self._codes = {text: code for code, text in enumerate(self._texts)}

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


def set_text(members: Iterable[str]) -> str:
    """A set of texts, such as domains, as one text."""
    return SEPARATOR.join(sorted(set(members)))


def members_of(text: str) -> list[str]:
    """The members of a set in a text of `set_text`."""
    return text.split(SEPARATOR) if text else []


def sets_with(codes: Codes, members: Collection[str]) -> list[int]:
    """The codes of the sets that have one of these members."""
    wanted = set(members)
    return [code for code, text in enumerate(codes) if wanted.intersection(members_of(text))]


def codes_of(codes: Codes, texts: Collection[str]) -> list[int]:
    """The codes of texts; `unknown` stands for rows without one."""
    found = [codes.find(text) for text in sorted(texts)]
    return [code for code in found if code is not None] + [0] * (UNKNOWN in texts)
