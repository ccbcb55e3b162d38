"""The "Page not found" page, with links to the existing pages."""

from __future__ import annotations

from html import escape

from fastapi.responses import HTMLResponse
from starlette.requests import Request

from mergehub.kit.docs.layout import HOME, PLACES, START, page
from mergehub.kit.problems.problem import NotFound, page_of

API = "/v1/"
DATA = (f"{HOME}/openapi/", f"{HOME}/assets/")

BODY = """<h1>{title}</h1>
<p>{detail}</p>
<p>Try one of these pages:</p>
<ul>{places}</ul>
<p><small>Status 404, <a href="{problem}">what this means</a></small></p>"""


def wants_page(request: Request) -> bool:
    """Whether to answer with a page: always under `/docs`, elsewhere only to a browser.

    Operations answer problem details to all clients.
    """
    path, accepted = request.url.path, request.headers.get("accept", "")
    if request.method not in ("GET", "HEAD") or path.startswith((API, *DATA)):
        return False
    is_page = path == HOME or path.startswith(f"{HOME}/")
    return "text/html" in accepted or (is_page and "json" not in accepted)


def missing_page(problem: NotFound) -> HTMLResponse:
    """The "Page not found" page for a problem."""
    places = "".join(
        f'<li><a href="{path}">{name}</a></li>' for path, name in {START: "Start", **PLACES}.items()
    )
    body = BODY.format(
        title="Page not found",
        detail=escape(problem.detail),
        places=places,
        problem=page_of(NotFound),
    )
    html = page("Page not found", body, here="")
    return HTMLResponse(html, problem.status, {"Vary": "Accept"})
