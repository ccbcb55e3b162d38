"""A page for each problem code, made from its class."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from mergehub.kit.docs.layout import PROBLEMS, page
from mergehub.kit.problems.problem import PAGES, NotFound, Problem, meaning, page_of

DESCRIPTION = """<h1>{title}</h1>
<p>Status {status}, code <code>{code}</code></p>
<h2>When</h2>
<p>{meaning}</p>
<h2>What to do</h2>
<p>{remedy}</p>
<p><a href="{index}">All problems</a></p>"""

ABOUT = """<p>When the hub refuses a request, it answers with problem details (RFC 9457): a stable
<code>code</code>, and in <code>errors</code> a JSON pointer to each fault.</p>"""


def problems(kind: type[Problem] = Problem) -> Iterator[type[Problem]]:
    """`kind` and all its subclasses in this process."""
    yield kind
    for each in kind.__subclasses__():
        yield from problems(each)


def problem_routes() -> APIRouter:
    """The list of all problems and the page of each."""
    router = APIRouter(prefix=PAGES, include_in_schema=False)

    @router.get("")
    async def list_problems() -> HTMLResponse:
        return HTMLResponse(_index(problems()))

    @router.get("/{place:path}")
    async def describe_problem(place: str) -> HTMLResponse:
        for each in problems():
            if page_of(each) == f"{PAGES}/{place}":
                return HTMLResponse(_page(each))
        raise NotFound(f"There is no problem `{place}`; {PAGES} lists all problems.")

    return router


def _index(kinds: Iterable[type[Problem]]) -> str:
    rows = "".join(
        f'<tr><td>{each.status}<td><a href="{page_of(each)}"><code>{each.code}</code></a>'
        f"<td>{escape(each.title)}"
        for each in sorted(kinds, key=lambda each: (each.status, each.code))
    )
    return page("Problems", f"<h1>Problems</h1>\n{ABOUT}<table>{rows}</table>", here=PROBLEMS)


def _page(problem: type[Problem]) -> str:
    body = DESCRIPTION.format(
        title=escape(problem.title),
        status=problem.status,
        code=problem.code,
        meaning=_html(meaning(problem)),
        remedy=_html(problem.remedy),
        index=PAGES,
    )
    return page(problem.title, body, here=PROBLEMS)


def _html(text: str) -> str:
    """The HTML of plain text with `code` in backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
