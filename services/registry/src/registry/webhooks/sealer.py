"""The dependency that gives a request the sealer of webhook secrets."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from mergehub.kit.identity.sealing import Sealer


def _sealer(request: Request) -> Sealer:
    sealer: Sealer = request.app.state.sealer
    return sealer


SecretSealer = Annotated[Sealer, Depends(_sealer)]
