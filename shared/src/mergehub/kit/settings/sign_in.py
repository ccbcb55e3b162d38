"""Settings about people: how they sign in by OpenID Connect, and their quotas."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from mergehub.kit.identity.scopes import SCOPES, SCOPES_OF_PEOPLE
from mergehub.kit.settings.environment import Settings
from mergehub.urls import is_loopback, origin_of, parsed

QuotaName = Literal[
    "recipes",
    "comments_a_day",
    "runs_active",
    "runs_a_day",
    "artifact_bytes",
    "webhooks",
    "tokens",
    "organisations",
]
QUOTAS: dict[QuotaName, int | None] = {
    "recipes": 1_000,
    "comments_a_day": 200,
    "runs_active": 50,
    "runs_a_day": 500,
    "artifact_bytes": None,  # only the operator knows how large the store is
    "webhooks": 20,
    "tokens": 50,
    "organisations": 10,
}


def _safe_url(text: str) -> str:
    url = parsed(text)
    if url.query or url.fragment:
        raise ValueError("it must be an address such as https://hub.example.org")
    if url.scheme != "https" and not is_loopback(url.host):
        raise ValueError("it must begin with https://; only this machine may use http://")
    return text


def _origin(text: str) -> str:
    url = parsed(text)
    if url.path not in ("", "/") or url.query or url.fragment:
        raise ValueError("it must be an origin without a path, such as https://hub.example.org")
    return origin_of(url)


Origin = Annotated[str, AfterValidator(_origin)]
"""The origin of web pages, as browsers write it."""


def _scope(name: str) -> str:
    if name not in SCOPES:
        raise ValueError(f"{name!r} is not a scope")
    return name


class SignInSettings(Settings):
    """An issuer turns signing in on. The README of the registry lists the variables."""

    hub_name: str = Field(
        default="Mergehub", min_length=1, max_length=60, description="The hub's name on its pages."
    )
    public_url: Annotated[Origin, AfterValidator(_safe_url)] | None = Field(
        default=None, description="The origin at which browsers reach the hub."
    )
    oidc_issuer: Annotated[str, AfterValidator(_safe_url)] | None = Field(
        default=None, description="The OpenID provider where people sign in."
    )
    oidc_client_id: str | None = Field(
        default=None, description="The hub's client id at the provider."
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="The hub's client secret at the provider."
    )
    oidc_scope: str = Field(
        default="openid profile", description="The scopes that the hub asks the provider for."
    )
    oidc_groups_claim: str = Field(
        default="groups", description="The claim that lists a person's groups."
    )
    oidc_groups: list[str] = Field(
        default_factory=list,
        examples=[["research"]],
        description="JSON list of the groups that may sign in; an empty list lets everyone with "
        "an account at the provider sign in.",
    )
    oidc_admin_groups: list[str] = Field(
        default_factory=list,
        examples=[["admins"]],
        description="JSON list of the groups whose sessions have the scope `admin`.",
    )
    oidc_admin_subjects: list[str] = Field(
        default_factory=list,
        examples=[["248289761001"]],
        description="JSON list of subjects (`sub`) whose sessions have the scope `admin`.",
    )
    session_scopes: list[Annotated[str, AfterValidator(_scope)]] = Field(
        default=list(SCOPES_OF_PEOPLE),
        description="JSON list of the scopes of a session.",
    )
    session_hours: float = Field(
        default=12, gt=0, le=720, description="How many hours a session lasts."
    )
    quotas: dict[QuotaName, Annotated[int, Field(ge=0)] | None] = Field(
        default_factory=dict,
        examples=[{"runs_a_day": 100}],
        description="JSON object of an account's quotas that differ from the defaults; null sets "
        "no limit.",
    )

    @model_validator(mode="after")
    def _sign_in_is_whole(self) -> Self:
        if self.oidc_issuer and not (self.oidc_client_id and self.public_url):
            raise ValueError(
                "MERGEHUB_OIDC_ISSUER needs MERGEHUB_OIDC_CLIENT_ID and MERGEHUB_PUBLIC_URL, the "
                "address to which the provider sends people back"
            )
        return self

    def quota(self, name: QuotaName) -> int | None:
        """An account's quota of a kind, unless it has its own; None for no limit."""
        return self.quotas.get(name, QUOTAS[name])
