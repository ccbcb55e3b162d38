"""The guides: every Markdown file of the repository's `docs/`.

`guides` beside `kit` is a link to that folder, so there is one source; a wheel holds the files.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse

from mergehub.contracts.event_samples.catalogue import page as events_page
from mergehub.kit.docs.layout import EVENTS, GUIDES, page
from mergehub.kit.docs.markdown import html, title_of
from mergehub.kit.problems.problem import NotFound

FOLDER = Path(__file__).parents[2] / "guides"
FIRST = "guides"  # the folder of the how-to guides
PICTURES = "pictures"  # the folder of their pictures
SECTIONS = {FIRST: "How to", ".": "Reference"}


def guide_routes() -> APIRouter:
    """The list of guides, each guide, and the catalogue of events."""
    router = APIRouter()

    @router.get(EVENTS)
    async def events() -> HTMLResponse:
        return HTMLResponse(_events())

    @router.get(GUIDES)
    async def guides() -> HTMLResponse:
        return HTMLResponse(_index())

    @router.get(f"{GUIDES}/{PICTURES}/{{name}}")
    async def picture(name: str) -> FileResponse:
        if name not in _pictures():
            raise NotFound(f"There is no picture `{name}`; {GUIDES} lists all guides.")
        return FileResponse(_pictures()[name])

    @router.get(f"{GUIDES}/{{name:path}}")
    async def guide(name: str) -> HTMLResponse:
        if name not in _files():
            raise NotFound(f"There is no guide `{name}`; {GUIDES} lists all guides.")
        return HTMLResponse(_guide(name))

    return router


@cache
def _pictures() -> dict[str, Path]:
    return {path.name: path for path in (FOLDER / FIRST / PICTURES).iterdir()}


@cache
def _files() -> dict[str, Path]:
    """The file of each guide by its name, such as `webhooks` or `methods/ties`."""
    paths = sorted(FOLDER.rglob("*.md"))
    return {_name(path.relative_to(FOLDER).as_posix()): path for path in paths}


def _name(file: str) -> str:
    """The name of a guide; that of a how-to guide leaves out its folder."""
    return re.sub(rf"^{FIRST}/|/?README$", "", file.removesuffix(".md"))


@cache
def _guide(name: str) -> str:
    path = _files()[name]
    text = path.read_text(encoding="utf-8")
    folder = path.relative_to(FOLDER).parent.as_posix()
    return page(title_of(text), html(text, lambda link: address(link, folder)), here=GUIDES)


@cache
def _events() -> str:
    return page("Events", html(events_page(), address), here=EVENTS)


def address(link: str, folder: str = "") -> str | None:
    """The address here of a guide's link; None if the hub does not serve its target."""
    file, mark, anchor = link.partition("#")
    if not file or "://" in file:
        return link
    name = _name(posixpath.normpath(posixpath.join(folder, file)))
    if name == "events":
        return f"{EVENTS}{mark}{anchor}"
    return f"{GUIDES}/{name}{mark}{anchor}" if name in _files() else None


@cache
def _index() -> str:
    return page("Guides", html("\n".join(_listed()), lambda link: link), here=GUIDES)


def _listed() -> Iterator[str]:
    yield "# Guides"
    for folder, title in SECTIONS.items():
        yield f"\n## {title}\n"
        for name, path in _files().items():
            place = path.relative_to(FOLDER)
            is_table = place.stem == "README" and place.parent.parent == Path(folder)
            if place.parent == Path(folder) or is_table:
                where = EVENTS if name == "events" else f"{GUIDES}/{name}"
                yield f"- [{title_of(path.read_text(encoding='utf-8'))}]({where})"
