"""The verdict: the violations that the evidence shows.

Every check is a pure function from evidence to sentences, each of which names one violation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from . import check_events, check_models, check_runs
from .evidence import Evidence

Check = Callable[[Evidence], Iterable[str]]

CHECKS: tuple[Check, ...] = (
    check_runs.every_acknowledged_run_ends_once,
    check_runs.every_key_has_one_run,
    check_runs.states_move_as_they_may,
    check_runs.fences_only_grow,
    check_runs.one_report_is_accepted,
    check_events.every_success_is_told_once,
    check_events.the_feed_has_no_gap,
    check_events.every_event_is_applied_once,
    check_events.lineage_equals_the_reports,
    check_events.leaderboard_equals_the_reports,
    check_models.outputs_are_those_of_a_calm_run,
    check_models.no_model_is_half_written,
    check_models.nothing_is_left_behind,
    check_models.finished_tensors_stay_finished,
    check_runs.runs_fail_of_spent_attempts_alone,
    check_runs.all_comes_to_rest,
    check_runs.restarts_are_quick,
)


def violations(evidence: Evidence) -> list[str]:
    """Every violation of every check, with the check's name in front."""
    return [f"{check.__name__}: {found}" for check in CHECKS for found in check(evidence)]
