"""Settings about people: how they sign in by OpenID Connect, and how much they may have."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from mergehub.kit.identity.scopes import SCOPES, SCOPES_OF_PEOPLE
from mergehub.kit.settings.environment import Settings
from mergehub.urls import is_loopback, origin_of, parsed

QuotaName = Literal["recipes", "runs_active", "runs_a_day", "webhooks", "tokens", "organisations"]
QUOTAS: dict[QuotaName, int] = {
    "recipes": 1_000,
    "runs_active": 50,
    "runs_a_day": 500,
    "webhooks": 20,
    "tokens": 50,
    "organisations": 10,
}


def _safe_url(text: str) -> str:
    url = parsed(text)
    if url.query or url.fragment:
        raise ValueError("it must be an address such as https://hub.example.org")
    if url.scheme != "https" and not is_loopback(url.host):
        raise ValueError("it must begin with https://; http:// is for this machine alone")
    return text


def _origin(text: str) -> str:
    url = parsed(text)
    if url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("it is an origin, such as https://hub.example.org, without a path")
    return origin_of(url)


Origin = Annotated[str, AfterValidator(_origin)]
"""The origin of web pages, written as browsers write it."""


def _scope(name: str) -> str:
    if name not in SCOPES:
        raise ValueError(f"there is no scope {name!r}")
    return name


class SignInSettings(Settings):
    """Signing in is on where an issuer is named; the README of the registry has the variables."""

    public_url: Annotated[Origin, AfterValidator(_safe_url)] | None = Field(
        default=None, description="The origin by which browsers know the hub."
    )
    oidc_issuer: Annotated[str, AfterValidator(_safe_url)] | None = Field(
        default=None, description="The OpenID provider where people sign in."
    )
    oidc_client_id: str | None = Field(default=None, description="How the provider knows the hub.")
    oidc_client_secret: SecretStr | None = Field(default=None, description="Its password there.")
    oidc_scope: str = Field(
        default="openid profile", description="What the provider is asked to tell of people."
    )
    oidc_groups_claim: str = Field(
        default="groups", description="The claim in which the provider names somebody's groups."
    )
    oidc_groups: list[str] = Field(
        default_factory=list,
        examples=[["research"]],
        description="JSON list of the groups that may sign in; none: all whom the provider knows.",
    )
    oidc_admin_groups: list[str] = Field(
        default_factory=list,
        examples=[["admins"]],
        description="JSON list of the groups whose sessions may do all.",
    )
    oidc_admin_subjects: list[str] = Field(
        default_factory=list,
        examples=[["248289761001"]],
        description="JSON list of subjects (`sub`), likewise.",
    )
    session_scopes: list[Annotated[str, AfterValidator(_scope)]] = Field(
        default=list(SCOPES_OF_PEOPLE),
        description="JSON list of what a session of somebody who signed in allows.",
    )
    session_hours: float = Field(default=12, gt=0, le=720, description="How long it lasts.")
    quotas: dict[QuotaName, Annotated[int, Field(ge=0)] | None] = Field(
        default_factory=dict,
        examples=[{"runs_a_day": 100}],
        description="JSON object: how much an account may have, beside the defaults; null: any.",
    )

    @model_validator(mode="after")
    def _sign_in_is_whole(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.public_url):
            raise ValueError(
                "MERGEHUB_OIDC_ISSUER needs MERGEHUB_OIDC_CLIENT_ID, and MERGEHUB_PUBLIC_URL, to "
                "which the provider sends people back"
            )
        return self

    def quota(self, name: QuotaName) -> int | None:
        """How much of it an account may have by default; None: any number."""
        return self.quotas.get(name, QUOTAS[name])
