"""Checks the recipes of an import before any is stored, on two processors if there are."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from mergehub.kit.background.apart import Failed
from mergehub.kit.background.companion import Companion
from mergehub.recipe import digest_of
from registry.recipes.check import Content, RecipeInvalid
from registry.recipes.imports import findings
from registry.recipes.imports.findings import ASKED, FINDINGS, Faulty, Finding, findings_of
from registry.recipes.imports.schemas import ImportedRecipe, Refused
from registry.recipes.imports.shapes import Found

TOGETHER = 50
"""How many recipes are checked before the process can stop, if nobody waits any longer."""
AHEAD = 2
"""So many parts are with the companion, so that it has the next one when it is done with one."""


@dataclass(frozen=True)
class Row:
    """A row of an import, its place, and the facts about its recipe."""

    line: int
    wanted: ImportedRecipe
    checked: Content


class Checker:
    """Checks the recipes of imports, which a companion does as well if there are many."""

    def __init__(self, companion: Companion | None = None) -> None:
        self.companion = companion or Companion(findings.__name__)
        self._storing = 0

    async def check_all(self, rows: Sequence[ImportedRecipe]) -> tuple[list[Row], list[Refused]]:
        """The rows whose recipes are valid, and the refusals of the others."""
        work = _Work([row.recipe for row in rows])
        if len(rows) > TOGETHER and self.companion.ready():
            async with asyncio.TaskGroup() as group:
                for _ in range(AHEAD):
                    group.create_task(work.there(self.companion))
                group.create_task(work.here(unless=lambda: self._storing > 0))
        await work.here()
        return _sorted(rows, work.findings())

    @contextmanager
    def storing(self) -> Iterator[None]:
        """Meanwhile, leave checks to the companion: only this process can store."""
        self._storing += 1
        try:
            yield
        finally:
            self._storing -= 1


class _Work:
    """The parts of an import. Each process takes the next one when it is done with one."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._left = deque(range(0, len(texts), TOGETHER))
        self._found: dict[int, list[Finding]] = {}

    async def here(self, unless: Callable[[], bool] = lambda: False) -> None:
        """Check what is left in a thread of this process, up to when it has better things to do."""
        while self._left and not unless():
            begin = self._left.popleft()
            self._found[begin] = await asyncio.to_thread(findings_of, self._part(begin), begin)

    async def there(self, companion: Companion) -> None:
        """Let the companion check what is left; what it does not check is left again."""
        while self._left:
            begin = self._left.popleft()
            try:
                self._found[begin] = await _asked(companion, self._part(begin), begin)
            except Failed:
                self._left.append(begin)
                return

    def findings(self) -> Iterator[Finding]:
        """What was found, in the order of the texts."""
        for begin in sorted(self._found):
            yield from self._found[begin]

    def _part(self, begin: int) -> Sequence[str]:
        return self._texts[begin : begin + TOGETHER]


async def _asked(companion: Companion, texts: Sequence[str], begin: int) -> list[Finding]:
    """What the companion finds in texts. Raises Failed."""
    try:
        answer = await companion.ask(ASKED.dump_json((begin, list(texts))))
        found = FINDINGS.validate_json(answer)
    except PydanticSerializationError as error:  # half of a character: no JSON can have it
        raise Failed(str(error)) from error
    except ValidationError as error:
        companion.give_up("It answers something else.")
        raise Failed(str(error)) from error
    if len(found) != len(texts):
        companion.give_up("It answers too little or too much.")
        raise Failed("Not every recipe was checked.")
    return found


def _sorted(
    rows: Sequence[ImportedRecipe], found: Iterator[Finding]
) -> tuple[list[Row], list[Refused]]:
    valid, refused = [], []
    for place, (row, finding) in enumerate(zip(rows, found, strict=True), 1):
        line = place if row.line is None else row.line
        if isinstance(finding, Faulty):
            refused.append(_refused(line, row.name, finding))
        else:
            valid.append(Row(line, row, _content(row.recipe, finding)))
    return valid, refused


def _refused(line: int, name: str, why: Faulty) -> Refused:
    return Refused(
        line=line, name=name, code=RecipeInvalid.code, detail=why.detail, errors=why.errors
    )


def _content(text: str, found: Found) -> Content:
    digest = digest_of(found.canonical.encode())
    return Content(text, found.canonical, digest, found.method, found.ingredients)
