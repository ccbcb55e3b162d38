"""The list of operations has a sentence for each, and the workers' operations last."""

from __future__ import annotations

import re

import pytest
from applications import documents

from mergehub.contracts.workers import WORKER_PROTOCOL
from mergehub.kit.openapi.document import Document, operations

VERBS = {
    "Add", "Allow", "Ask", "Cancel", "Change", "Check", "Claim", "Collect", "Compare",
    "Complete", "Count", "Create", "Delete", "Download", "Exchange", "Find", "Finish", "Follow",
    "Fork", "Get", "Introspect", "Keep", "List", "Pin", "Publish", "Register", "Remove",
    "Renew", "Replay", "Report", "Reset", "Restore", "Retry", "Return", "Revoke", "Rotate",
    "Send", "Set", "Sign", "Start", "Submit", "Unpin", "Withdraw",
}  # fmt: skip


DOCUMENTS = list(documents().values())
OPERATIONS = [
    pytest.param(each, id=each["operationId"])
    for document in DOCUMENTS
    for each in operations(document)
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_summary_is_a_sentence_that_begins_with_a_verb(operation: Document) -> None:
    summary = operation["summary"]
    assert summary.split()[0] in VERBS
    assert summary == summary.strip().rstrip(".")
    assert len(summary) <= 60
    if "_" in operation["operationId"]:
        assert summary != operation["operationId"].replace("_", " ").title()


def test_no_two_operations_have_the_same_summary() -> None:
    summaries = [each["summary"] for document in DOCUMENTS for each in operations(document)]
    assert len(set(summaries)) == len(summaries)


def test_what_workers_alone_may_do_is_apart_from_what_people_do() -> None:
    apart = {
        each["operationId"]
        for document in DOCUMENTS
        for each in operations(document)
        if WORKER_PROTOCOL in each["tags"]
    }
    assert apart == {
        "claim_run", "heartbeat_run", "release_run", "report_run", "beat_worker", "leave_worker",
    }  # fmt: skip
    for document in DOCUMENTS:
        assert all(len(each["tags"]) == 1 for each in operations(document))


def test_tags_are_words_in_lower_case() -> None:
    for document in DOCUMENTS:
        for each in operations(document):
            assert all(re.fullmatch("[a-z ]+", tag) for tag in each["tags"])
