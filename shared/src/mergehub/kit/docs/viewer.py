"""The operations of all services on one page (Swagger UI), to read and to try out.

The files of Swagger UI come from the package `fastapi-swagger`; its code is never imported.
`viewer.js` joins the documents of the services. It gets those of other services through the
gateway, and leaves them out if a service runs alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from mergehub import __version__
from mergehub.contracts.services import SERVICES
from mergehub.contracts.workers import WORKER_PROTOCOL
from mergehub.kit.docs.documents import made
from mergehub.kit.docs.layout import ASSETS, HOME, page
from mergehub.kit.problems.problem import NotFound

Documents = Mapping[str, Callable[[], dict[str, Any]]]

DOCUMENTS = f"{HOME}/openapi"
OWN = ("viewer.css", "viewer.js")
SWAGGER = ("swagger-ui.css", "swagger-ui-bundle.js", "favicon-32x32.png")

HEAD = f"""<link rel="stylesheet" href="{ASSETS}/swagger-ui.css">
<link rel="stylesheet" href="{ASSETS}/viewer.css">
<script src="{ASSETS}/swagger-ui-bundle.js" defer></script>
<script src="{ASSETS}/viewer.js" defer></script>
"""
BODY = """<h1>Mergehub {version}</h1>
<p>You can try out every operation of this hub here: press <b>Authorize</b> and enter a token
(<a href="/docs/guides/tokens">how to get one</a>), open an operation, press <b>Execute</b>. The
request goes to this hub and takes effect. <a href="/docs/guides/recipes">Recipes for common
tasks</a> show the same with curl, TypeScript and Python; <a href="/docs/guides/api">the API
guide</a> says what all operations have in common. OpenAPI documents for tools: {documents}.</p>
<p id="absent" hidden></p>
<noscript><p>This page needs JavaScript; guides, events and problems do not.</p></noscript>
<div id="operations" data-documents="{paths}"
 data-last="{last}"></div>"""


def viewer_routes(documents: Documents) -> APIRouter:
    """The routes of the page, its files, and the local documents."""
    router = APIRouter()
    html = _page()

    @router.get(HOME)
    async def operations() -> HTMLResponse:
        return HTMLResponse(html)

    @router.get(f"{DOCUMENTS}/{{name}}.json")
    async def document(name: str) -> JSONResponse:
        if name not in documents:
            raise NotFound(f"There is no OpenAPI document `{name}`, only {', '.join(documents)}.")
        return JSONResponse(await made(documents[name]))

    @router.get(f"{ASSETS}/{{name}}")
    async def asset(name: str) -> FileResponse:
        if name not in _assets():
            raise NotFound(f"There is no file `{name}`, only {', '.join(_assets())}.")
        return FileResponse(_assets()[name])

    return router


def _page() -> str:
    paths = {service.name: f"{DOCUMENTS}/{service.name}.json" for service in SERVICES}
    links = ", ".join(f'<a href="{path}">{name}</a>' for name, path in paths.items())
    body = BODY.format(
        version=__version__,
        documents=links,
        paths=" ".join(paths.values()),
        last=WORKER_PROTOCOL,
    )
    return page("API", body, here=HOME, head=HEAD, width="80rem")


@cache
def _assets() -> dict[str, Path]:
    found = find_spec("fastapi_swagger")
    assert found is not None, "a dependency of the extra `service`"
    assert found.submodule_search_locations
    swagger = Path(found.submodule_search_locations[0]) / "resources"
    own = Path(__file__).parent
    return {name: own / name for name in OWN} | {name: swagger / name for name in SWAGGER}
