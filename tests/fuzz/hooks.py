"""What the documents cannot say: refusals of requests that agree with their schemas.

Schemathesis loads this file. A failure is dropped only where it is of the named check and the
answer is the named problem: everything else about such an answer is still checked.
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

# `positive_data_acceptance` wants 2xx for what a schema allows. These depend on more than that.
REFUSALS = {
    "bad-cursor": "a cursor is sealed: only one that this list answered is right",
    "precondition-failed": "which ETag is right changes with the thing",
    "idempotency-key-reused": "whether a key is new depends on earlier requests",
    "recipe-invalid": "a recipe is YAML in a string, with a language of its own",
    "run-invalid": "what a run names must exist, and one of two fields is given",
    "report-invalid": "the result must be of the run's kind and go with the outcome",
    "token-invalid": "an expiry lies in the future, and a scope is one of ours",
    "owner-invalid": "an owner is an account that there is",
    "member-invalid": "a member is a person that there is",
    "code-invalid": "a shell's code is given by a browser, for one verifier, once",
    "webhook-url-refused": "where a URL leads is looked up",
}

# The same of single faults: sets that grow with each release, so the documents do not list them.
FAULTS = {
    "unknown_merge_method": "a method is one of the catalogue",
    "unknown_action": "an action is one that the trail knows",
}


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case, response: Response) -> bool:
    """Whether a failure counts."""
    if isinstance(failure, RejectedPositiveData):
        return _code(response) not in REFUSALS and not _faults(response) <= FAULTS.keys()
    if isinstance(failure, JsonSchemaError) and _name(case) == "get_recipe_source":
        return response.status_code != 200  # clients get the text; the check has parsed the YAML
    return True


@schemathesis.hook
def before_call(context: HookContext, case: Case, kwargs: dict[str, Any]) -> None:
    """Keep what is accepted short, and states what they are."""
    if case.meta is None or case.meta.generation.mode.is_negative:
        return
    query, headers = case.query or {}, case.headers or {}
    if query.get("wait"):
        query["wait"] = LONGEST_WAIT_SECONDS
    if _name(case) in STREAMS:  # behind the newest event there is nothing to look at
        if "after" in query:
            query["after"] = 0
        if "Last-Event-ID" in headers:
            headers["Last-Event-ID"] = "0"
    if case.meta.phase.name == TestPhase.STATEFUL:
        # A repeated key is answered with what was created then, even if it was deleted since.
        headers.pop("Idempotency-Key", None)


def _name(case: Case) -> str | None:
    return case.operation.definition.raw.get("operationId")


def _code(response: Response) -> str | None:
    code: str | None = _problem(response).get("code")
    return code


def _faults(response: Response) -> set[str | None]:
    """The codes of what is wrong; of the problem itself where no fault is named."""
    return {each["code"] for each in _problem(response).get("errors", ())} or {_code(response)}


def _problem(response: Response) -> dict[str, Any]:
    try:
        problem = json.loads(response.content)
    except ValueError:
        return {}
    return problem if isinstance(problem, dict) else {}
