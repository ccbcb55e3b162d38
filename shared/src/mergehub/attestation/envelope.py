"""DSSE envelopes: a payload with one signature, as a line of JSON.

The signature covers payload and type, not the text of the envelope. So an envelope counts as
unchanged only if it is written byte for byte as `sealed` writes it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .keys import PublicKey, SigningKey

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"


class BadEnvelope(ValueError):
    """A text is not an envelope as Mergehub writes it; the message says why."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Signature(_Frozen):
    keyid: str = Field(max_length=200)
    sig: str = Field(max_length=200)


class _Written(_Frozen):
    payload: str
    payloadType: Literal["application/vnd.in-toto+json"]  # noqa: N815
    signatures: Annotated[tuple[_Signature], Field(strict=False)]


@dataclass(frozen=True)
class Envelope:
    """What an envelope holds: the payload, and the signature with the id of its key."""

    payload: bytes
    key: str
    signature: bytes

    def signed_by(self, key: PublicKey) -> bool:
        """Whether the signature is one of the payload by this key."""
        return key.signed(_signed_bytes(self.payload), self.signature)


def sealed(payload: bytes, key: SigningKey) -> bytes:
    """The text of an envelope with the payload, signed."""
    return _written(Envelope(payload, key.public.id, key.sign(_signed_bytes(payload))))


def opened(text: bytes) -> Envelope:
    """The envelope of a text, whose signature is not checked yet. Raises BadEnvelope."""
    try:
        written = _Written.model_validate_json(text)
        (signature,) = written.signatures
        envelope = Envelope(_decoded(written.payload), signature.keyid, _decoded(signature.sig))
    except (ValidationError, ValueError):
        raise BadEnvelope("It is not a DSSE envelope with one signature.") from None
    if _written(envelope) != text:
        raise BadEnvelope("It is not written as Mergehub writes envelopes, so it was edited.")
    return envelope


def _signed_bytes(payload: bytes) -> bytes:
    """What the signature is of: DSSE's pre-authentication encoding."""
    return b"DSSEv1 %d %b %d %b" % (
        len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload,
    )  # fmt: skip


def _written(envelope: Envelope) -> bytes:
    content = {
        "payload": base64.b64encode(envelope.payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [
            {"keyid": envelope.key, "sig": base64.b64encode(envelope.signature).decode()}
        ],
    }
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
