"""The addresses of the pages, and the files that they load."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from mergehub.contracts.services import ASSETS, FOLDERS, PAGES
from mergehub.kit.pages.built import FOLDER, IDENTITY, INDEX, File, read_pages
from mergehub.kit.pages.unbuilt import unbuilt_page
from mergehub.kit.problems.problem import NotFound

POLICY = (
    "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
"""Stricter than that of the documentation: not even styles may be inline."""

NEW_WITH_EACH_BUILD = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY}
NAMED_BY_CONTENT = {"Cache-Control": "public, max-age=31536000, immutable"}


def page_routes(folder: Path = FOLDER) -> APIRouter:
    """The routes of the pages; without a build in `folder`, each says how to make one."""
    router = APIRouter(include_in_schema=False)
    files = read_pages(folder)

    async def page(request: Request) -> Response:
        if INDEX not in files:
            return HTMLResponse(unbuilt_page())
        return _answer(request, files[INDEX], NEW_WITH_EACH_BUILD)

    for address in (*PAGES, *(f"{folder}/{{path:path}}" for folder in FOLDERS)):
        router.add_api_route(address, page, methods=["GET"])

    @router.get(f"{ASSETS}/{{name}}")
    async def asset(name: str, request: Request) -> Response:
        file = files.get(f"{ASSETS[1:]}/{name}")
        if file is None:
            raise NotFound(
                f"There is no file `{name}` in this build of the pages; reload the page."
            )
        return _answer(request, file, NAMED_BY_CONTENT)

    return router


def _answer(request: Request, file: File, headers: dict[str, str]) -> Response:
    coding = file.best(request.headers.get("accept-encoding", ""))
    coded = {} if coding == IDENTITY else {"Content-Encoding": coding}
    headers = headers | coded | {"Vary": "Accept-Encoding", "Content-Type": file.type}
    return Response(file.contents[coding], headers=headers)
