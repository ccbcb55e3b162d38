"""An OpenID provider that claims what a test wants, in ID tokens with its own keys."""

from __future__ import annotations

import base64
import hmac
import json
import time
from functools import cache
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "mergehub", "a-secret-of-the-tests"


@cache
def keys() -> list[RSAKey]:
    """The provider's keys; to make them takes long."""
    return [RSAKey.generate_key(2048, {"kid": kid}) for kid in ("a", "b")]


class Rogue:
    """Serves the endpoints of a provider at `issuer`, which is set once its port is known."""

    def __init__(self) -> None:
        self.issuer = ""
        self.key, self.other = keys()
        self.app = FastAPI()
        self.app.get("/.well-known/openid-configuration")(self._discovery)
        self.app.get("/keys")(self._keys)
        self.app.post("/token")(self._token)
        self.app.get("/me")(self._me)
        self.repent()

    def repent(self) -> None:
        """Say the truth, until told otherwise."""
        self.discovery: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "a"}
        self.signer: Any = self.key
        self.answer: Response | None = None
        self.asked: dict[str, str] = {}
        self.subject = "ann"

    def shared_secret(self) -> None:
        """Sign like an attacker who has only the public key and uses it as a shared secret."""
        self.header = {"alg": "HS256", "kid": "a"}

    def signed(self, claims: dict[str, Any]) -> str:
        if self.header["alg"] != "HS256":
            return jwt.encode(self.header, claims, self.signer)
        text = b".".join(_base64(json.dumps(part).encode()) for part in (self.header, claims))
        password = self.key.as_pem(private=False)
        return (text + b"." + _base64(hmac.digest(password, text, "sha256"))).decode()

    async def _discovery(self) -> Any:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/me",
            **self.discovery,
        }

    async def _keys(self) -> Any:
        return {"keys": [self.key.as_dict(private=False)]}

    async def _token(self, request: Request) -> Any:
        if self.answer is not None:
            return self.answer
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "sub": "ann", "iat": now, "exp": now + 60,
            "nonce": self.asked["nonce"], **self.claims,
        }  # fmt: skip
        told = {name: value for name, value in claims.items() if value is not None}
        token = self.signed(told)
        return JSONResponse({"access_token": "at", "token_type": "Bearer", "id_token": token})

    async def _me(self) -> Any:
        return {"sub": self.subject, "preferred_username": "ann"}


def _base64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")
