"""Cursors are opaque, survive the round trip, and never become a server error."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from mergehub.kit.paging.cursors import BadCursor, Cursors
from mergehub.kit.paging.pages import PageRequest
from mergehub.kit.settings.service import ServiceSettings

KEY = b"of all replicas"
OURS = Cursors(KEY, "/v1/things?tag=a")


@given(st.datetimes(timezones=st.just(UTC)), st.uuids(), st.integers(-(2**63), 2**63 - 1))
def test_a_cursor_gives_back_its_key(when: datetime, ident: UUID, number: int) -> None:
    cursor = OURS.encode(when, ident, number)
    assert OURS.decode(cursor, datetime, UUID, int) == (when, ident, number)


@given(st.text(max_size=500))
def test_a_name_of_any_letters_fits_into_a_cursor(name: str) -> None:
    cursor = OURS.encode(name)
    assert OURS.decode(cursor, str) == (name,)
    assert len(OURS.encode("\N{GRINNING FACE}" * 500)) < 4000


@given(st.text(max_size=200))
def test_any_other_text_is_a_bad_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        OURS.decode(text, datetime, UUID)


@given(st.data(), st.text(max_size=50))
def test_a_changed_cursor_is_refused(data: st.DataObject, name: str) -> None:
    raw = bytearray(base64.urlsafe_b64decode(OURS.encode(name) + "=="))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(BadCursor):
        OURS.decode(base64.urlsafe_b64encode(raw).decode(), str)


@pytest.mark.parametrize("tag", [b"", b"\0" * 16])
def test_a_key_without_our_seal_is_refused(tag: bytes) -> None:
    forged = base64.urlsafe_b64encode(tag + json.dumps(["z"]).encode()).decode()
    with pytest.raises(BadCursor):
        OURS.decode(forged, str)


@pytest.mark.parametrize(
    "other",
    [
        Cursors(b"of another hub", "/v1/things?tag=a"),
        Cursors(KEY, "/v1/things?tag=b"),
        Cursors(KEY, "/v1/others?tag=a"),
    ],
    ids=["another key", "another filter", "another list"],
)
def test_a_foreign_cursor_is_refused(other: Cursors) -> None:
    foreign = other.encode("z")
    with pytest.raises(BadCursor):
        OURS.decode(foreign, str)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30, True, "7", None, 1.5])
def test_a_number_that_no_column_holds_is_refused(number: Any) -> None:
    with pytest.raises(BadCursor):
        OURS.decode(OURS.encode(number), int)


@pytest.mark.parametrize("time", ["2026-13-01T00:00:00Z", "yesterday", 7])
def test_a_time_that_is_none_is_refused(time: Any) -> None:
    with pytest.raises(BadCursor):
        OURS.decode(OURS.encode(time, UUID(int=0)), datetime, UUID)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(BadCursor):
        OURS.decode(OURS.encode(1, 2), int)


def test_replicas_share_the_key_that_settings_give_or_derive() -> None:
    def secret(**given: Any) -> bytes:
        return ServiceSettings(**given).cursor_secret

    token, key = SecretStr("mgh_owner"), SecretStr("key")
    assert secret(bootstrap_token=token) == secret(bootstrap_token=token, log_level="error")
    assert len({secret(), secret(bootstrap_token=token), secret(cursor_key=key)}) == 3
    assert secret(cursor_key=key) == secret(cursor_key=key, bootstrap_token=token)


@given(st.lists(st.integers(0, 2**63 - 1), unique=True), st.integers(1, 7))
def test_the_pages_of_a_list_hold_each_row_once_in_its_order(rows: list[int], limit: int) -> None:
    rows, seen, links = sorted(rows), list[int](), list[str]()
    cursor: str | None = None
    for _ in range(len(rows) + 1):
        asked = PageRequest(limit, cursor, OURS, links.append)
        after = asked.after(int)
        found = [row for row in rows if after is None or row > after[0]][: asked.rows]
        shown, cursor = asked.cut(found, lambda row: (row,))
        seen += shown
        if cursor is None:
            break
        assert len(shown) == limit
        assert links[-1] == cursor
    assert seen == rows
    assert len(links) == max(0, -(-len(rows) // limit) - 1)
