"""`POST /v1/tokens/introspect`: the introspection of tokens for other services (RFC 7662)."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import Depends, Request
from fastapi.responses import JSONResponse
from sqlalchemy import Row

from mergehub.kit.http.routes import Router
from mergehub.kit.identity.auth import requires
from mergehub.kit.problems.problem import (
    BadRequest,
    Forbidden,
    Unauthenticated,
    problem_responses,
)
from registry.tokens.authenticator import TableAuthenticator
from registry.tokens.schemas import Active, Inactive

TYPE = "Bearer"
FORM = "application/x-www-form-urlencoded"
BODY: dict[str, Any] = {
    "type": "object",
    "required": ["token"],
    "properties": {
        "token": {"type": "string", "minLength": 1},
        "token_type_hint": {"type": "string"},
    },
    "additionalProperties": False,
}

router = Router(prefix="/v1/tokens", tags=["tokens"])


async def _token(request: Request) -> str:
    """The form's field `token`; parsed by hand, since a form without files needs no parser."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        form = (await request.body()).decode()
        fields = parse_qs(form, keep_blank_values=True, strict_parsing=True, max_num_fields=10)
    except ValueError:
        fields = {}
    tokens = fields.get("token", [])
    if kind != FORM or len(tokens) != 1 or not tokens[0] or fields.keys() - BODY["properties"]:
        raise BadRequest(f"Send one field `token` as {FORM}, and at most a `token_type_hint`.")
    return tokens[0]


Asked = Annotated[str, Depends(_token)]


@router.post(
    "/introspect",
    summary="Introspect a token",
    response_model=Active | Inactive,
    responses=problem_responses(BadRequest, Unauthenticated, Forbidden),
    dependencies=[Depends(requires("tokens:introspect"))],
    openapi_extra={"requestBody": {"required": True, "content": {FORM: {"schema": BODY}}}},
)
async def introspect_token(
    request: Request, token: Annotated[str, Depends(_token)]
) -> JSONResponse:
    """Whether a token is valid now, whose it is and what it allows.

    The registry reads the table each time. So a service that keeps the answer for 30 seconds learns
    of a revocation within 30 seconds.
    """
    table: TableAuthenticator = request.app.state.tokens
    row = await table.row(token)
    told = _told(row) if row else Inactive(active=False)
    return JSONResponse(
        told.model_dump(mode="json", exclude_none=True), headers={"Cache-Control": "no-store"}
    )


def _told(row: Row[Any]) -> Active:
    """A token's holder is its account; the hub's own programs have none."""
    return Active(
        active=True,
        scope=" ".join(row.scopes),
        client_id=row.name,
        username=row.account or row.name,
        account=row.account,
        sub=row.id,
        token_type=TYPE,
        iat=int(row.created_at.timestamp()),
        exp=int(row.expires_at.timestamp()) if row.expires_at else None,
    )
