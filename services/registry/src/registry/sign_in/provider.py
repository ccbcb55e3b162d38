"""The OpenID provider: discovering it, getting a code, checking its tokens (OpenID Core 1.0).

Authlib speaks OAuth 2.0 with PKCE and knows the rules of ID tokens; joserfc checks signatures.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, cast

import httpx
import structlog
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization
from pydantic import AfterValidator, BaseModel, ValidationError

from mergehub.kit.settings.service import ServiceSettings
from mergehub.tls import authorities
from mergehub.urls import parsed
from registry.sign_in.errors import ProviderAway, SignInInvalid
from registry.sign_in.pending import Pending

log = structlog.get_logger()

CALLBACK = "/v1/accounts/callback"
KNOWN_SECONDS = 600.0
ANSWER_SECONDS = 4.0  # less than a request may take, so that the response can name the cause
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
LEEWAY_SECONDS = 60
LONGEST_SUBJECT = 255  # OpenID Connect Core 1.0, section 2
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)

Claims = Mapping[str, Any]


def _address(text: str) -> str:
    parsed(text)
    return text


Address = Annotated[str, AfterValidator(_address)]


class Metadata(BaseModel):
    """The part of a provider's discovery document that we use (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: Address
    token_endpoint: Address
    jwks_uri: Address
    userinfo_endpoint: Address | None = None
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]

    def auth_method(self, has_secret: bool) -> str:
        """How the hub authenticates itself to the provider."""
        if not has_secret:
            return "none"
        methods = self.token_endpoint_auth_methods_supported
        posts = "client_secret_post" in methods and "client_secret_basic" not in methods
        return "client_secret_post" if posts else "client_secret_basic"


class Provider:
    """The provider that the settings name. Every method raises ProviderAway."""

    def __init__(self, settings: ServiceSettings) -> None:
        assert settings.oidc_issuer is not None
        assert settings.oidc_client_id is not None
        secret = settings.oidc_client_secret
        self.issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._secret = secret.get_secret_value() if secret else None
        self._scope = settings.oidc_scope
        self._redirect_uri = f"{settings.public_url}{CALLBACK}"
        self._http = httpx.AsyncClient(timeout=ANSWER_SECONDS, verify=authorities())
        self._known: tuple[Metadata, float] | None = None

    async def close(self) -> None:
        await self._http.aclose()

    async def address(self, pending: Pending) -> str:
        """Return the URL at which the browser signs in."""
        found = await self._metadata()
        parameters = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._scope,
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": create_s256_code_challenge(pending.verifier),
            "code_challenge_method": "S256",
        }
        return str(httpx.URL(found.authorization_endpoint).copy_merge_params(parameters))

    async def person(self, pending: Pending, code: str) -> Claims:
        """Exchange the browser's code for the provider's claims about the person.

        Raises SignInInvalid if the code or the ID token is not valid for this sign-in.
        """
        found = await self._metadata()
        tokens = await self._redeemed(found, pending, code)
        claims = await self._checked(found, pending, tokens)
        return {**await self._userinfo(found, tokens, claims["sub"]), **claims}

    async def _metadata(self) -> Metadata:
        if self._known is None or self._known[1] < time.monotonic():
            address = f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"
            with _answering():
                found = Metadata.model_validate(await self._json(address))
            if found.issuer != self.issuer:
                log.error("provider.other_issuer", told=found.issuer, expected=self.issuer)
                raise ProviderAway("Its issuer differs from MERGEHUB_OIDC_ISSUER.")
            self._known = found, time.monotonic() + KNOWN_SECONDS
        return self._known[0]

    async def _redeemed(self, found: Metadata, pending: Pending, code: str) -> Mapping[str, Any]:
        """Exchange a code for tokens (RFC 6749, 4.1.3); the verifier proves that it is ours."""
        body = prepare_token_request(
            "authorization_code",
            redirect_uri=self._redirect_uri,
            code=code,
            code_verifier=pending.verifier,
        )
        method = found.auth_method(self._secret is not None)
        prove = ClientAuth(self._client_id, self._secret, method).prepare
        address, headers, body = prove("POST", found.token_endpoint, dict(FORM), body)
        with _answering():
            answer = await self._http.post(address, headers=headers, content=body)
            told = _object(answer)
            if "error" not in told:
                answer.raise_for_status()
        if "error" in told:
            log.warning("sign_in.code_refused", error=told["error"])
            raise SignInInvalid(f"The provider refused the code: {told['error']}.")
        return told

    async def _checked(
        self, found: Metadata, pending: Pending, tokens: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The ID token's claims, after a check of signature, issuer, audience, time and nonce."""
        with _answering():
            known = await self._json(found.jwks_uri)
            keys = KeySet.import_key_set(cast(KeySetSerialization, known))
        try:
            token = jwt.decode(tokens.get("id_token", ""), keys, algorithms=ALGORITHMS)
            only = {"iss": {"essential": True, "value": self.issuer}}
            only["aud"] = {"essential": True, "value": self._client_id}
            expected = {"nonce": pending.nonce, "client_id": self._client_id}
            expected["access_token"] = tokens.get("access_token", "")
            CodeIDToken(token.claims, token.header, only, expected).validate(leeway=LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError) as error:
            log.warning("sign_in.id_token_refused", error=f"{type(error).__name__}: {error}")
            raise SignInInvalid("The provider's ID token is not valid for this sign-in.") from error
        if len(token.claims["sub"]) > LONGEST_SUBJECT or "\0" in token.claims["sub"]:
            raise SignInInvalid(f"The provider's subject exceeds {LONGEST_SUBJECT} characters.")
        return dict(token.claims)

    async def _userinfo(
        self, found: Metadata, tokens: Mapping[str, Any], subject: str
    ) -> dict[str, Any]:
        """The claims that the provider omits from the ID token; empty if it has none."""
        if found.userinfo_endpoint is None:
            return {}
        with _answering():
            told = await self._json(found.userinfo_endpoint, tokens.get("access_token"))
        if told.get("sub") != subject:
            raise SignInInvalid("The provider's answers are about two different people.")
        return told

    async def _json(self, address: str, token: str | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self._http.get(address, headers=headers)
        answer.raise_for_status()
        return _object(answer)


def _object(answer: httpx.Response) -> dict[str, Any]:
    told = answer.json()
    if not isinstance(told, dict):
        raise ValueError("The answer is not a JSON object.")
    return told


@contextmanager
def _answering() -> Iterator[None]:
    """Raise ProviderAway for a missing or unreadable answer."""
    try:
        yield
    except (httpx.HTTPError, ValidationError, ValueError) as error:
        log.warning("provider.away", error=f"{type(error).__name__}: {error}")
        raise ProviderAway("Signing in does not work at the moment.") from error
