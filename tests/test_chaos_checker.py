"""The chaos checker notices each kind of violation in damaged evidence of a good run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from chaos.checker import CHECKS, violations
from chaos.evidence import Evidence, Inbox, Row
from chaos.example import example
from chaos.journals import Kept

Damage = Callable[[Evidence], Evidence | None]
DAMAGES: list[tuple[str, Damage]] = []


def breaks(check: str) -> Callable[[Damage], Damage]:
    """Require that this check notices the decorated function's damage to the evidence."""

    def register(damage: Damage) -> Damage:
        DAMAGES.append((check, damage))
        return damage

    return register


def the(evidence: Evidence, what: str, **facts: object) -> Row:
    """The first entry of the history of a kind with these facts."""
    return next(e for e in evidence.of(what) if facts.items() <= e.items())


def event(evidence: Evidence, run: str, kind: str) -> Row:
    return next(e for e in evidence.outbox if (e["data"]["run"], e["type"]) == (run, kind))


def told(evidence: Evidence, run: str, kind: str) -> None:
    """Add an event after all others, which all consumers have applied."""
    number = len(evidence.outbox) + 1
    more = event(evidence, "c", "run.queued") | {
        "sequence": number, "id": f"event-{number}", "type": kind, "data": {"run": run},
    }  # fmt: skip
    evidence.outbox.append(more)


def test_nothing_is_said_against_a_good_run() -> None:
    assert violations(example()) == []


def test_every_check_is_shown_to_fire() -> None:
    assert {check for check, _ in DAMAGES} == {check.__name__ for check in CHECKS}


@breaks("every_acknowledged_run_ends_once")
def an_acknowledged_run_is_lost(evidence: Evidence) -> None:
    del evidence.runs["c"]


@breaks("every_acknowledged_run_ends_once")
def a_run_never_ends(evidence: Evidence) -> None:
    evidence.runs["f"]["state"] = "queued"


@breaks("every_acknowledged_run_ends_once")
def a_run_ends_twice(evidence: Evidence) -> None:
    told(evidence, "c", "run.cancelled")


@breaks("every_acknowledged_run_ends_once")
def a_run_ends_in_two_ways(evidence: Evidence) -> None:
    told(evidence, "m", "run.failed")


@breaks("every_acknowledged_run_ends_once")
def a_run_ended_and_nobody_was_told(evidence: Evidence) -> None:
    event(evidence, "c", "run.cancelled")["type"] = "run.queued"


@breaks("every_key_has_one_run")
def one_key_makes_two_runs(evidence: Evidence) -> None:
    the(evidence, "acknowledged", run="c")["key"] = "key-m"


@breaks("every_key_has_one_run")
def a_run_appears_that_nobody_submitted(evidence: Evidence) -> None:
    evidence.runs["stray"] = evidence.runs["c"] | {"id": "stray"}


@breaks("every_key_has_one_run")
def a_submission_is_declined(evidence: Evidence) -> None:
    evidence.history.append({"what": "declined", "key": "key-x", "status": 422, "said": "no"})


@breaks("states_move_as_they_may")
def a_run_runs_before_it_was_queued(evidence: Evidence) -> None:
    event(evidence, "m", "run.queued")["type"] = "run.started"


@breaks("states_move_as_they_may")
def a_finished_run_is_queued_again(evidence: Evidence) -> None:
    told(evidence, "m", "run.queued")


@breaks("fences_only_grow")
def a_fence_goes_back(evidence: Evidence) -> None:
    the(evidence, "row", state="succeeded")["fence"] = 1


@breaks("fences_only_grow")
def a_revision_goes_back(evidence: Evidence) -> None:
    the(evidence, "row", state="succeeded")["revision"] = 1


@breaks("fences_only_grow")
def a_row_changes_after_its_end(evidence: Evidence) -> None:
    evidence.history.append(the(evidence, "row", state="succeeded") | {"revision": 6})


@breaks("fences_only_grow")
def a_run_changes_hands_with_the_same_fence(evidence: Evidence) -> None:
    the(evidence, "row", state="running", fence=1)["fence"] = 2


@breaks("fences_only_grow")
def two_claims_share_a_fence(evidence: Evidence) -> None:
    evidence.runs["m"]["fence"] = 1


@breaks("one_report_is_accepted")
def a_late_report_is_accepted(evidence: Evidence) -> None:
    the(evidence, "report", stale=True).update(accepted=True, fence=2)


@breaks("one_report_is_accepted")
def reports_of_two_attempts_are_accepted(evidence: Evidence) -> None:
    evidence.history.append(the(evidence, "report", accepted=True) | {"fence": 3})


@breaks("one_report_is_accepted")
def another_report_is_stored_than_was_accepted(evidence: Evidence) -> None:
    evidence.runs["e"]["result"]["results"][0]["value"] = 0.25


@breaks("every_success_is_told_once")
def a_model_is_told_of_twice(evidence: Evidence) -> None:
    told(evidence, "m", "model.produced")


@breaks("every_success_is_told_once")
def a_score_is_not_told_of(evidence: Evidence) -> None:
    event(evidence, "e", "evaluation.completed")["data"]["benchmark"] = "words"


@breaks("the_feed_has_no_gap")
def a_number_is_missing(evidence: Evidence) -> None:
    evidence.outbox[-1]["sequence"] += 1


@breaks("the_feed_has_no_gap")
def an_event_is_never_published(evidence: Evidence) -> None:
    evidence.outbox[-1]["published"] = False


@breaks("the_feed_has_no_gap")
def the_feed_showed_an_event_that_is_gone(evidence: Evidence) -> None:
    the(evidence, "feed")["events"][3] = "rolled back"


@breaks("the_feed_has_no_gap")
def the_feed_skipped_an_event(evidence: Evidence) -> None:
    del the(evidence, "feed")["events"][3]


@breaks("every_event_is_applied_once")
def an_event_is_applied_twice(evidence: Evidence) -> None:
    applied = evidence.inboxes["lineage"].applied
    applied.append(applied[-1])


@breaks("every_event_is_applied_once")
def an_event_is_never_applied(evidence: Evidence) -> None:
    evidence.inboxes["leaderboard"].applied.pop(4)


@breaks("every_event_is_applied_once")
def an_event_is_set_aside(evidence: Evidence) -> Evidence:
    inbox = evidence.inboxes["lineage"]
    return replace(evidence, inboxes={"lineage": Inbox(inbox.applied, inbox.position, 1)})


@breaks("every_event_is_applied_once")
def a_consumer_stands_still(evidence: Evidence) -> Evidence:
    inbox = evidence.inboxes["lineage"]
    return replace(evidence, inboxes={"lineage": Inbox(inbox.applied, inbox.position - 1, 0)})


@breaks("lineage_equals_the_reports")
def an_edge_is_missing(evidence: Evidence) -> None:
    evidence.edges.pop()


@breaks("lineage_equals_the_reports")
def an_edge_is_made_up(evidence: Evidence) -> None:
    evidence.edges.append(evidence.edges[0] | {"parent": "right"})


@breaks("lineage_equals_the_reports")
def an_edge_has_another_weight(evidence: Evidence) -> None:
    evidence.edges[0]["weight"] = 0.75


@breaks("lineage_equals_the_reports")
def a_child_is_counted_twice(evidence: Evidence) -> None:
    evidence.counters[0]["children_count"] += 1


@breaks("leaderboard_equals_the_reports")
def a_result_is_counted_twice(evidence: Evidence) -> None:
    evidence.results.append(evidence.results[0])


@breaks("leaderboard_equals_the_reports")
def a_result_is_lost(evidence: Evidence) -> None:
    evidence.results.clear()


@breaks("leaderboard_equals_the_reports")
def the_score_of_an_item_differs(evidence: Evidence) -> None:
    evidence.results[0]["items"] = {"item-0": 0.0}


@breaks("leaderboard_equals_the_reports")
def a_parent_is_unknown_to_the_leaderboard(evidence: Evidence) -> None:
    evidence.parents.pop()


@breaks("leaderboard_equals_the_reports")
def one_replica_shows_an_old_score(evidence: Evidence) -> None:
    evidence.boards[1]["left"]["logic"] = 0.25


@breaks("outputs_are_those_of_a_calm_run")
def a_model_has_other_bytes(evidence: Evidence) -> None:
    evidence.runs["m"]["result"]["output_digest"] = "sha256:other"


@breaks("outputs_are_those_of_a_calm_run")
def a_succeeded_run_has_no_model(evidence: Evidence) -> None:
    del evidence.models["m"]


@breaks("outputs_are_those_of_a_calm_run")
def a_cancelled_run_left_a_model(evidence: Evidence) -> None:
    evidence.models["c"] = None


@breaks("no_model_is_half_written")
def a_model_became_visible_too_early(evidence: Evidence) -> None:
    the(evidence, "visible")["fault"] = "KeyError: 'weight'"


@breaks("no_model_is_half_written")
def a_model_is_damaged_at_the_end(evidence: Evidence) -> None:
    evidence.models["m"] = "its tensors are others"


@breaks("nothing_is_left_behind")
def something_lies_in_a_scratch_folder(evidence: Evidence) -> None:
    evidence.left.append("/scratch/runs/c")


@breaks("finished_tensors_stay_finished")
def a_finished_tensor_is_filled_again(evidence: Evidence) -> None:
    evidence.journals[0].entries.append({"tensor": "a"})


@breaks("finished_tensors_stay_finished")
def the_next_attempt_begins_anew(evidence: Evidence) -> None:
    evidence.journals[0] = Kept("m", 2, [{"plan": "p"}, {"tensor": "a"}])


@breaks("runs_fail_of_spent_attempts_alone")
def a_run_fails_of_the_storm(evidence: Evidence) -> None:
    evidence.runs["f"]["error"]["code"] = "merge-failed"


@breaks("all_comes_to_rest")
def the_stack_does_not_come_to_rest(evidence: Evidence) -> None:
    evidence.history.append({"what": "impatient", "which": "left something behind"})


@breaks("restarts_are_quick")
def a_run_waits_too_long_for_another_worker(evidence: Evidence) -> None:
    the(evidence, "bereaved")["died"] -= 60
    for each in evidence.outbox[:2]:
        each["time"] -= 60


@breaks("restarts_are_quick")
def no_worker_comes_for_a_run(evidence: Evidence) -> None:
    the(evidence, "bereaved")["died"] += 100


@pytest.mark.parametrize(
    ("check", "damage"), DAMAGES, ids=[damage.__name__ for _, damage in DAMAGES]
)
def test_it_is_noticed_when(check: str, damage: Damage) -> None:
    evidence = example()
    found = violations(damage(evidence) or evidence)
    assert any(each.startswith(f"{check}: ") for each in found), found
