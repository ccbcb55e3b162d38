"""Problems as responses."""

from __future__ import annotations

from fastapi.responses import JSONResponse

from mergehub.kit.problems.problem import MEDIA_TYPE, Problem, ProblemBody, page_of


def answer(problem: Problem) -> JSONResponse:
    """The response with the problem details of `problem`."""
    body = ProblemBody(
        type=page_of(type(problem)),
        title=problem.title,
        status=problem.status,
        code=problem.code,
        detail=problem.detail,
        errors=problem.errors,
    )
    return JSONResponse(
        body.model_dump(),
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )
