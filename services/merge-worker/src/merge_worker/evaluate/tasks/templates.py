"""Renders a task's templates in Jinja's sandbox, which the harness's own rendering lacks."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from merge_worker.evaluate.errors import TaskError

TEMPLATED = ("doc_to_text", "doc_to_target", "doc_to_choice")

Row = Mapping[str, Any]


def _regex_replace(text: str, pattern: str, replacement: str, count: int = 0) -> str:
    return re.sub(pattern, replacement, text, count=count)


_sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined, keep_trailing_newline=True)
_sandbox.filters["regex_replace"] = _regex_replace


def with_safe_templates(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return `config` with each text that the harness would render replaced by our function."""
    has_choices = config.get("doc_to_choice") is not None
    safe = _replaced(config, has_choices)
    if config.get("fewshot_config") is not None:
        safe["fewshot_config"] = _replaced(config["fewshot_config"], has_choices)
    return safe


def _replaced(config: Mapping[str, Any], has_choices: bool) -> dict[str, Any]:
    return {
        field: _reader(value, field, has_choices)
        if field in TEMPLATED and isinstance(value, str)
        else value
        for field, value in config.items()
    }


def _reader(text: str, field: str, has_choices: bool) -> Callable[[Row], Any]:
    """Return a function that reads a text as the harness does: as a column, or else a template."""

    def read(row: Row) -> Any:
        if text in row:
            return row[text]
        return _as_data(_render(text, row, field), field, has_choices)

    return read


def _render(text: str, row: Row, field: str) -> str:
    try:
        return _sandbox.from_string(text).render(**row)
    except TemplateError as error:
        raise TaskError(f"{field} cannot be rendered: {error}") from None


def _as_data(rendered: str, field: str, has_choices: bool) -> Any:
    """Return the index or list that a rendered template means, by the harness's rules."""
    if field == "doc_to_choice":
        return _choices(rendered)
    if has_choices and rendered.isdigit():
        return int(rendered)
    if field == "doc_to_target" and rendered[:1] + rendered[-1:] == "[]":
        try:
            return ast.literal_eval(rendered)
        except (SyntaxError, ValueError):
            return rendered
    return rendered


def _choices(rendered: str) -> Any:
    try:
        return ast.literal_eval(rendered)
    except (SyntaxError, ValueError):
        raise TaskError(
            f"doc_to_choice must give a list such as ['yes', 'no'], not {rendered!r}."
        ) from None
