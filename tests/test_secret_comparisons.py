"""Secrets are compared in a time that does not depend on where they differ."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for folder in ("shared/src", "services/registry", "services/lineage", "services/leaderboard")
    for path in (ROOT / folder).rglob("*.py")
    if not {"tests", "recipe"} & set(path.parts)  # a tag in a recipe is YAML's
)

SECRET = re.compile(
    r"(?:^|_)(?:token|secret|password|passwd|mac|hmac|hash|tag|seal|nonce|verifier|credential)s?$"
)
QUERIES = re.compile(r"Row$")  # SQL looks a hash up by an index; compare_digest decides (0013)


def compared(source: str) -> Iterator[str]:
    """Comparisons by `==` or `!=` of names like a secret's, except those with a constant."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        equal = any(isinstance(each, (ast.Eq, ast.NotEq)) for each in node.ops)
        constant = any(isinstance(each, ast.Constant) for each in sides)
        if equal and not constant and any(map(_is_secret, sides)):
            yield f"{node.lineno}: {ast.unparse(node)}"


def _is_secret(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and QUERIES.search(node.value.id):
            return False
        return bool(SECRET.search(node.attr))
    if isinstance(node, ast.Call):
        return _is_secret(node.func)
    return isinstance(node, ast.Name) and bool(SECRET.search(node.id))


def test_no_source_compares_a_secret_as_plain_text() -> None:
    found = {
        str(path.relative_to(ROOT)): faults
        for path in SOURCES
        if (faults := list(compared(path.read_text(encoding="utf-8"))))
    }
    assert len(SOURCES) > 100
    assert found == {}, "use hmac.compare_digest"


@pytest.mark.parametrize(
    "line",
    [
        "sent == token", "row.hash != hash_token(sent)", "self._secret == other",
        "hash_token(sent) == kept", "tag == _tag(content)", "a.csrf_token == b",
    ],
)  # fmt: skip
def test_such_a_comparison_would_be_found(line: str) -> None:
    assert list(compared(f"x = {line}"))


@pytest.mark.parametrize(
    "line", ["TokenRow.hash == digest", "token == ''", "tokens is None", "compare_digest(a, token)"]
)
def test_others_are_left_alone(line: str) -> None:
    assert not list(compared(f"x = {line}"))
