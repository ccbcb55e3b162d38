"""Refusals of requests that are valid by their schemas, which the documents cannot describe.

Schemathesis loads this file. A failure is dropped only if it comes from the named check and the
answer is the named problem. Everything else about such an answer is still checked.
"""

from __future__ import annotations

import json
from typing import Any

import schemathesis
from schemathesis import Case, Response
from schemathesis.core.failures import Failure
from schemathesis.generation.meta import TestPhase
from schemathesis.hooks import HookContext
from schemathesis.openapi.checks import JsonSchemaError, RejectedPositiveData

LONGEST_WAIT_SECONDS = 1
STREAMS = {"follow_run", "follow_events"}

# `positive_data_acceptance` expects 2xx for what a schema allows. These depend on more than that.
REFUSALS = {
    "bad-cursor": "a cursor is sealed: only one that this list returned is valid",
    "precondition-failed": "the valid ETag changes with the resource",
    "idempotency-key-reused": "whether a key is new depends on earlier requests",
    "query-invalid": "a search is text in a language of its own",
    "recipe-invalid": "a recipe is YAML in a string, with a language of its own",
    "run-invalid": "what a run names must exist, and one of two fields is given",
    "range-not-satisfiable": "a range is one of bytes, inside of the file",
    "report-invalid": "the result must be of the run's kind and go with the outcome",
    "token-invalid": "an expiry must be in the future, and a scope one of ours",
    "owner-invalid": "an owner must be an existing account",
    "member-invalid": "a member must be an existing person",
    "parent-invalid": "a comment that is answered must exist and begin its thread",
    "code-invalid": "a browser gives a shell's code, for one verifier, once",
    "unreadable-file": "a file is in a format of results, and a mapping fits its columns",
    "webhook-url-refused": "the hub looks up where a URL leads",
}

AS_YAML = {"get_recipe_source", "export_recipe_version"}

# The same for single faults: of sets that grow with each release, and between two fields.
FAULTS = {
    "unknown_merge_method": "a method is one of the catalogue",
    "unknown_method": "a method is one of the catalogue or of the hub's models",
    "unknown_domain": "a domain is one of the benchmarks' or of the hub's models",
    "unknown_precision": "a precision is a usual one or of the hub's models",
    "unknown_licence": "a licence is a usual one or of the hub's models",
    "unknown_benchmark": "a benchmark is defined or has results",
    "one_model_for_a_card": "a card is of one model, which other formats need not have",
    "card_too_large": "a card holds so many results",
    "one_of_two": "exactly one of two fields is given, which may both be null",
    "unknown_action": "an action is one that the trail knows",
}


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Whether a failure is a real one."""
    if isinstance(failure, RejectedPositiveData):
        return _code(response) not in REFUSALS and not _faults(response) <= FAULTS.keys()
    if isinstance(failure, JsonSchemaError) and _name(case) in AS_YAML:
        return response.status_code != 200  # clients get the text; the check has parsed the YAML
    return True


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Keep accepted requests short, and planted states unchanged."""
    if case.meta is None or case.meta.generation.mode.is_negative:
        return
    query, headers = case.query or {}, case.headers or {}
    if query.get("wait"):
        query["wait"] = LONGEST_WAIT_SECONDS
    if _name(case) in STREAMS:  # no events follow the newest one
        if "after" in query:
            query["after"] = 0
        if "Last-Event-ID" in headers:
            headers["Last-Event-ID"] = "0"
    if case.meta.phase.name == TestPhase.STATEFUL:
        # A repeated key gets the first answer, even if the resource has been deleted since.
        headers.pop("Idempotency-Key", None)


def _name(case: Case) -> str | None:
    return case.operation.definition.raw.get("operationId")


def _code(response: Response) -> str | None:
    code: str | None = _problem(response).get("code")
    return code


def _faults(response: Response) -> set[str | None]:
    """The codes of the faults, or the problem's code if it has no faults."""
    return {each["code"] for each in _problem(response).get("errors", ())} or {_code(response)}


def _problem(response: Response) -> dict[str, Any]:
    try:
        problem = json.loads(response.content)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
