"""A sealed secret opens only with a key and at its own place."""

from __future__ import annotations

import base64
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mergehub.kit.identity.sealing import SealBroken, Sealer, SecretsKeyMissing
from mergehub.kit.settings.service import ServiceSettings

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(texts, texts)
def test_what_was_sealed_is_opened_at_its_place(secret: str, place: str) -> None:
    sealer = Sealer([NEW])
    sealed = sealer.seal(secret, place)
    assert sealer.open(sealed, place) == secret
    with pytest.raises(SealBroken):
        sealer.open(sealed, place + "x")


def test_the_same_secret_never_looks_the_same() -> None:
    sealer = Sealer([NEW])
    assert len({sealer.seal("whsec_x", "here") for _ in range(100)}) == 100


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_what_was_altered_is_not_opened(place: int, change: int) -> None:
    sealer = Sealer([NEW])
    head, _, text = sealer.seal("whsec_secret", "here").rpartition(":")
    data = bytearray(base64.b64decode(text))
    data[place % len(data)] ^= change
    with pytest.raises(SealBroken):
        sealer.open(f"{head}:{base64.b64encode(data).decode()}", "here")


@pytest.mark.parametrize("text", ["", "whsec_clear", "sealed:1:", "sealed:1:ab:!", "sealed:2:a:b"])
def test_what_was_never_sealed_is_not_opened(text: str) -> None:
    with pytest.raises(SealBroken):
        Sealer([NEW]).open(text, "here")


@pytest.mark.parametrize("text", ["", "!!!!", "YQ", "YQ=="])
def test_what_is_cut_short_is_not_opened(text: str) -> None:
    sealer = Sealer([NEW])
    assert sealer.prefix is not None
    with pytest.raises(SealBroken):
        sealer.open(sealer.prefix + text, "here")


def test_keys_change_without_losing_what_the_old_one_sealed() -> None:
    sealed = Sealer([OLD]).seal("whsec_secret", "here")
    both = Sealer([NEW, OLD])
    assert both.open(sealed, "here") == "whsec_secret"
    again = both.seal("whsec_secret", "here")
    assert Sealer([NEW]).open(again, "here") == "whsec_secret"
    for keys in ([OLD], []):
        with pytest.raises(SealBroken):
            Sealer(keys).open(again, "here")


def test_without_a_key_nothing_is_kept() -> None:
    with pytest.raises(SecretsKeyMissing):
        Sealer([]).seal("whsec_secret", "here")


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_keys_come_in_either_base64_padded_or_not(encode: object) -> None:
    key = bytes(range(224, 256))
    text = encode(key).decode()  # type: ignore[operator]
    settings = ServiceSettings(secrets_keys=[text, text.rstrip("=")])
    assert settings.secret_keys() == [key, key]
    assert text not in repr(settings)


@pytest.mark.parametrize("key", ["short", base64.b64encode(b"x" * 31).decode(), "é" * 43, "!" * 44])
def test_what_is_no_key_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(ValidationError, match="openssl rand -base64 32") as refused:
        ServiceSettings(secrets_keys=[key])
    assert key not in str(refused.value)
