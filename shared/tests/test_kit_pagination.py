"""Cursors are opaque, survive the round trip, and never become a server error."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mergehub.kit.pagination import BadCursor, decode_cursor, encode_cursor


@given(st.datetimes(timezones=st.just(UTC)), st.uuids(), st.integers(-(2**63), 2**63 - 1))
def test_a_cursor_gives_back_its_key(when: datetime, ident: UUID, number: int) -> None:
    cursor = encode_cursor(when, ident, number)
    assert decode_cursor(cursor, datetime, UUID, int) == [when, ident, number]


@given(st.text(max_size=200))
def test_any_other_text_is_a_bad_cursor(text: str) -> None:
    with pytest.raises(BadCursor):
        decode_cursor(text, datetime, UUID)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30, True, "7", None, 1.5])
def test_a_number_that_no_column_holds_is_refused(number: object) -> None:
    with pytest.raises(BadCursor):
        decode_cursor(encode_cursor(number), int)


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(BadCursor):
        decode_cursor(encode_cursor(1, 2), int)
