"""The licence is read from a card, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from merge_worker.engine.files.licence import FRONT, licence_of


@pytest.mark.parametrize(
    ("card", "licence"),
    [
        ("---\nlicense: mit\n---\n", "mit"),
        ("---\r\ntags: [x]\r\nlicense: apache-2.0\r\n---\r\n# x\r\n", "apache-2.0"),
        ("---\nlicense: 'llama3.1'  # as Meta has it\n---\n", "llama3.1"),
        ('---\nlicense: "cc-by-4.0"\nlanguage:\n- en\n---\n', "cc-by-4.0"),
        ("---\nlicense: [mit, other]\n---\n", None),
        ("---\nlicense: mit or not\n---\n", None),
        ("---\nmodel:\n  license: mit\n---\n", None),
        ("---\ntitle: x\n---\nlicense: mit\n", None),
        ("license: mit\n", None),
        ("---\nlicense: mit\n", None),
        ("", None),
    ],
)
def test_the_licence_is_one_word_at_the_top_of_a_card(
    tmp_path: Path, card: str, licence: str | None
) -> None:
    (tmp_path / "README.md").write_bytes(card.encode())
    assert licence_of(tmp_path) == licence


def test_a_licence_beyond_what_is_looked_at_is_not_found(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(f"---\n{'# x' * FRONT}\nlicense: mit\n---\n")
    assert licence_of(tmp_path) is None


def test_a_folder_without_a_card_states_none(tmp_path: Path) -> None:
    assert licence_of(tmp_path) is None
