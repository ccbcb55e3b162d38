"""The dependency audit reads OSV's answers, over HTTP from a server that answers as OSV does."""

from __future__ import annotations

import asyncio
import json
import runpy
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, redirect_stdout
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException

AUDIT = Path(__file__).parents[1] / "scripts" / "audit"

# Two real advisories, shortened.
ADVISORIES: dict[str, dict[str, Any]] = {
    "GHSA-462w-v97r-4m45": {
        "id": "GHSA-462w-v97r-4m45",
        "aliases": ["CVE-2019-10906", "PYSEC-2019-217"],
        "summary": "Jinja2 sandbox escape via string formatting",
    },
    "GHSA-p6mc-m468-83gw": {
        "id": "GHSA-p6mc-m468-83gw",
        "aliases": ["CVE-2020-8203"],
        "summary": "Prototype Pollution in lodash",
    },
    "GHSA-taken-back": {
        "id": "GHSA-taken-back",
        "summary": "It was none",
        "withdrawn": "2026-01-01T00:00:00Z",
    },
}
AFFECTED = {
    ("PyPI", "jinja2", "2.4.1"): ["GHSA-462w-v97r-4m45", "GHSA-taken-back"],
    ("npm", "lodash", "4.17.15"): ["GHSA-p6mc-m468-83gw"],
}

Audit = Callable[..., Awaitable[tuple[int, str]]]


class Osv:
    """The part of OSV's API that the audit uses; `asked` counts the batches."""

    def __init__(self) -> None:
        self.asked = 0
        self.app = FastAPI()
        self.app.post("/v1/querybatch")(self.batch)
        self.app.get("/v1/vulns/{name}")(self.advisory)

    async def batch(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        return {"results": [self._found(each) for each in body["queries"]]}

    async def advisory(self, name: str) -> dict[str, Any]:
        if name not in ADVISORIES:
            raise HTTPException(404)
        return ADVISORIES[name]

    def _found(self, query: dict[str, Any]) -> dict[str, Any]:
        package = query["package"]
        ids = AFFECTED.get((package["ecosystem"], package["name"], query["version"]), [])
        return (
            {"vulns": [{"id": each, "modified": "2026-01-01T00:00:00Z"} for each in ids]}
            if ids
            else {}
        )


@pytest.fixture
def osv() -> Osv:
    return Osv()


@pytest.fixture
async def source(
    osv: Osv, serving: Callable[[FastAPI], AbstractAsyncContextManager[str]]
) -> AsyncIterator[str]:
    async with serving(osv.app) as url:
        yield url


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project whose pins have no known vulnerability."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts/audit.toml").touch()
    (tmp_path / "clients/typescript").mkdir(parents=True)
    (tmp_path / "web").mkdir()
    pin(tmp_path)
    return tmp_path


def pin(root: Path, jinja: str = "3.1.6", lodash: str = "4.17.21") -> None:
    python = ["# A comment", f"jinja2=={jinja}", "uvloop==0.22.1 ; sys_platform != 'win32'", ""]
    (root / "constraints.txt").write_text("\n".join(python))
    packages = {"": {"name": "ours"}, "node_modules/a/node_modules/lodash": {"version": lodash}}
    lock = root / "clients/typescript/package-lock.json"
    lock.write_text(json.dumps({"lockfileVersion": 3, "packages": packages}))
    pages = {"": {"name": "pages"}, "node_modules/svelte": {"version": "5.57.3"}}
    linked = {"node_modules/@ours/client": {"resolved": "../clients/typescript", "link": True}}
    lock = root / "web/package-lock.json"
    lock.write_text(json.dumps({"lockfileVersion": 3, "packages": pages | linked}))


@pytest.fixture
def audit(root: Path, source: str, monkeypatch: pytest.MonkeyPatch) -> Audit:
    async def audit(*options: str, at: str = source) -> tuple[int, str]:
        monkeypatch.setenv("MERGEHUB_ADVISORIES", at)
        monkeypatch.setattr(sys, "argv", [str(AUDIT), "--root", str(root), *options])
        return await asyncio.to_thread(_run)

    return audit


def _run() -> tuple[int, str]:
    """The status of the script and what it printed; it runs from its first line in this process."""
    with redirect_stdout(StringIO()) as said, pytest.raises(SystemExit) as ended:
        runpy.run_path(str(AUDIT), run_name="__main__")
    return ended.value.code, said.getvalue()


async def test_what_is_not_known_to_be_vulnerable_passes(audit: Audit) -> None:
    assert await audit() == (0, "4 packages audited, 0 advisories, 0 ignored\n")


async def test_a_vulnerable_python_package_fails(root: Path, audit: Audit) -> None:
    pin(root, jinja="2.4.1")
    status, said = await audit()
    assert status == 1
    assert "jinja2 2.4.1: GHSA-462w-v97r-4m45, CVE-2019-10906" in said
    assert "Jinja2 sandbox escape" in said
    assert "GHSA-taken-back" not in said


async def test_a_vulnerable_npm_package_fails(root: Path, audit: Audit) -> None:
    pin(root, lodash="4.17.15")
    status, said = await audit()
    assert (status, "lodash 4.17.15: GHSA-p6mc-m468-83gw" in said) == (1, True)


@pytest.mark.parametrize(("days", "status"), [(0, 0), (-1, 1)])
async def test_an_advisory_is_ignored_by_any_of_its_names_until_its_day(
    root: Path, audit: Audit, days: int, status: int
) -> None:
    pin(root, jinja="2.4.1")
    until = date.today() + timedelta(days=days)
    ignored = (
        f'[[ignored]]\nid = "CVE-2019-10906"\nreason = "No templates of others."\nuntil = {until}\n'
    )
    (root / "scripts/audit.toml").write_text(ignored)
    assert (await audit())[0] == status


async def test_an_answer_is_kept_until_something_else_is_pinned(
    root: Path, audit: Audit, osv: Osv
) -> None:
    await audit()
    await audit()
    assert osv.asked == 1
    pin(root, jinja="2.4.1")
    assert ((await audit())[0], (await audit())[0], osv.asked) == (1, 1, 2)


async def test_an_answer_is_asked_for_anew_after_a_day(root: Path, audit: Audit, osv: Osv) -> None:
    await audit()
    file = root / ".cache/audit.json"
    kept = json.loads(file.read_text())
    file.write_text(json.dumps(kept | {"at": kept["at"] - 24 * 3600}))
    await audit()
    assert osv.asked == 2


@pytest.mark.parametrize(("options", "status"), [((), 0), (("--insist",), 1)])
async def test_where_nobody_answers_it_says_that_nothing_was_audited(
    audit: Audit, options: tuple[str, ...], status: int
) -> None:
    answer, said = await audit(*options, at="http://127.0.0.1:9")
    assert answer == status
    assert said.startswith("NOTHING WAS AUDITED: http://127.0.0.1:9 does not answer")


async def test_an_answer_of_something_else_is_no_audit(audit: Audit, source: str) -> None:
    status, said = await audit("--insist", at=f"{source}/elsewhere")
    assert (status, said.startswith("NOTHING WAS AUDITED")) == (1, True)
