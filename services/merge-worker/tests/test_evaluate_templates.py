"""Templates follow the harness's rules, inside a sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from merge_worker.evaluate.errors import TaskError
from merge_worker.evaluate.tasks.templates import with_safe_templates

ROW = {"question": "Is it?", "label": 1, "options": ["no", "yes"]}


def rendered(field: str, text: str, **others: Any) -> Any:
    return with_safe_templates({field: text, **others})[field](ROW)


@pytest.mark.parametrize(
    ("field", "text", "others", "expected"),
    [
        ("doc_to_text", "question", {}, "Is it?"),
        ("doc_to_text", "Q: {{question}}\n", {}, "Q: Is it?\n"),
        ("doc_to_text", "{{ question | regex_replace('[?]', '!') }}", {}, "Is it!"),
        ("doc_to_target", "{{label}}", {}, "1"),
        ("doc_to_target", "{{label}}", {"doc_to_choice": "options"}, 1),
        ("doc_to_target", "{{options}}", {}, ["no", "yes"]),
        ("doc_to_choice", "{{options}}", {}, ["no", "yes"]),
    ],
)
def test_texts_mean_what_they_mean_to_the_harness(
    field: str, text: str, others: dict[str, Any], expected: Any
) -> None:
    assert rendered(field, text, **others) == expected


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ question | attr('__class__') | attr('__mro__') | list }}",
        "{{ options.append('maybe') }}",
        "{{ missing }}",
    ],
)
def test_a_template_cannot_reach_pythons_inside_nor_change_a_row(text: str) -> None:
    with pytest.raises(TaskError, match="doc_to_text cannot be rendered"):
        rendered("doc_to_text", text)


def test_examples_are_rendered_in_the_sandbox_too() -> None:
    config = with_safe_templates({"fewshot_config": {"doc_to_text": "{{ ''.__class__.__mro__ }}"}})
    with pytest.raises(TaskError):
        config["fewshot_config"]["doc_to_text"](ROW)


def test_choices_that_are_no_list_are_refused() -> None:
    with pytest.raises(TaskError, match="must give a list"):
        rendered("doc_to_choice", "{{question}}")
