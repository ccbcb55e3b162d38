"""Recipes that two processes check are reported as if one had checked them, whatever happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress

import pytest
from captured_logs import captured_logs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tries import tries

from mergehub.kit.background import companion as kit
from mergehub.kit.background.companion import Companion
from registry.recipes.imports import checking
from registry.recipes.imports.checking import Checker, Row
from registry.recipes.imports.findings import ASKED, FINDINGS, Finding, answer, findings_of
from registry.recipes.imports.schemas import ImportedRecipe, Refused

Until = Callable[..., Awaitable[None]]
Report = tuple[list[Row], list[Refused]]

VALID = "merge_method: linear\nmodels:\n- model: org/{0}\n  parameters:\n    weight: {0}\n"
FORMS = (
    VALID,
    "merge_method: ties\nbase_model: a/b\nmodels: [c/d, e/f{0}]\n",
    "merge_method: linaer\nmodels:\n- model: org/{0}\n",
    "merge_method: linear\nmodels: [a/b, {0}]\n",
    '"{0}\\ud800é\\u2028": [',
    "",
)
TEXTS = st.builds(str.format, st.sampled_from(FORMS), st.integers(1, 4))
ROWS = st.builds(
    ImportedRecipe,
    name=st.sampled_from(("a", "b")),
    recipe=TEXTS,
    line=st.none() | st.integers(0, 9),
)
UNHURRIED = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
pytestmark = pytest.mark.process


class Absent(Companion):
    """One that is never there."""

    def __init__(self) -> None:
        super().__init__("this")

    def ready(self) -> bool:
        return False


class Killed(Companion):
    """One whose process is killed beside a question."""

    def __init__(self, whole: Companion, at: int, before: bool) -> None:
        super().__init__("this")
        self._whole, self._left, self._before = whole, at, before

    def ready(self) -> bool:
        return True

    async def ask(self, question: bytes) -> bytes:
        self._left -= 1
        if self._before:
            self._kill()
        answering = asyncio.ensure_future(self._whole.ask(question))
        await asyncio.sleep(0)  # so that it is asked
        self._kill()
        return await answering

    def _kill(self) -> None:
        process = self._whole._process
        if self._left < 0 and process is not None:
            with suppress(ProcessLookupError):
                process.kill()


class Lying(Companion):
    """One that answers something else."""

    def __init__(self, said: bytes) -> None:
        super().__init__("this")
        self._said, self.given_up = said, False

    def ready(self) -> bool:
        return True

    async def ask(self, question: bytes) -> bytes:
        return self._said

    def give_up(self, why: str) -> None:
        self.given_up = True


async def alone(rows: Sequence[ImportedRecipe]) -> Report:
    return await Checker(Absent()).check_all(rows)


def holds(true: Callable[[], object]) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return bool(true())

    return look


@pytest.fixture
async def beside(until: Until, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Companion]:
    """The companion; it and this process check two recipes at a time."""
    monkeypatch.setattr(checking, "TOGETHER", 2)
    monkeypatch.setattr(kit, "PAUSE_SECONDS", 0.0)
    made = Checker().companion
    await until(holds(made.ready))
    yield made
    await made.close()


@given(st.lists(ROWS, min_size=1, max_size=12))
def test_findings_are_the_same_after_they_were_sent(rows: list[ImportedRecipe]) -> None:
    texts = [row.recipe for row in rows]
    found = findings_of(texts, 5)
    sent = FINDINGS.validate_json(answer(ASKED.dump_json((5, texts))))
    assert [type(each) for each in sent] == [type(each) for each in found]
    assert sent == found


@settings(UNHURRIED)
@given(rows=st.lists(ROWS, min_size=3, max_size=12))
async def test_two_processes_report_what_one_reports(
    beside: Companion, rows: list[ImportedRecipe]
) -> None:
    assert beside.ready()
    assert await Checker(beside).check_all(rows) == await alone(rows)
    assert beside.ready()


@settings(UNHURRIED, max_examples=tries(4))
@given(rows=st.lists(ROWS, min_size=8, max_size=12), at=st.integers(0, 4), before=st.booleans())
async def test_a_companion_that_is_killed_changes_nothing(
    beside: Companion, until: Until, rows: list[ImportedRecipe], at: int, before: bool
) -> None:
    await until(holds(beside.ready))
    with captured_logs():
        assert await Checker(Killed(beside, at, before)).check_all(rows) == await alone(rows)


@pytest.mark.parametrize("said", [b"", b"[]", b"[[1]]", b'[["a","b",[]]]', b"null", b"[" * 10_000])
async def test_a_companion_that_answers_something_else_is_not_believed(said: bytes) -> None:
    rows = [ImportedRecipe(name="a", recipe=VALID.format(each)) for each in range(120)]
    lying = Lying(said)
    assert await Checker(lying).check_all(rows) == await alone(rows)
    assert lying.given_up


async def test_while_another_import_is_stored_nothing_is_checked_here(
    beside: Companion, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [ImportedRecipe(name="a", recipe=VALID.format(each)) for each in range(9)]
    expected, checker = await alone(rows), Checker(beside)
    here = list[int]()

    def noted(texts: Sequence[str], begin: int) -> list[Finding]:
        here.append(begin)
        return findings_of(texts, begin)

    monkeypatch.setattr(checking, "findings_of", noted)
    with checker.storing():
        assert await checker.check_all(rows) == expected
    assert here == []
    with checker.storing(), captured_logs():
        assert await Checker(Killed(beside, 1, True)).check_all(rows) == expected
    assert here


async def test_few_recipes_start_no_companion(until: Until) -> None:
    rows = [ImportedRecipe(name="a", recipe=VALID.format(1))] * (checking.TOGETHER + 1)
    checker = Checker()
    await checker.check_all(rows[:-1])
    assert checker.companion._running is None
    await checker.check_all(rows)
    await until(holds(checker.companion.ready))
    await checker.companion.close()
