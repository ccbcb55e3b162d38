"""A score as Every Eval Ever states it, as a value on the metric's own scale."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mergehub.result_files import values
from mergehub.result_files.scales import HUNDRED, ONE, NotAShare, is_natural, of_hundred, share

PERCENT = re.compile(r"percent|percentage|%|pct")
PROPORTION = re.compile(r"proportion|fraction|share|ratio|probability")


def scored(
    details: Mapping[str, Any], metric: Mapping[str, Any]
) -> tuple[float, float | None, int | None]:
    """The value, its standard error and the number of items.

    Bounds of 0 and 100, or the unit percent, make it a share; other bounds leave it as it is.

    Raises:
        NotAShare: there is no number, or one that its bounds do not allow.
    """
    value = values.number(details.get("score"))
    if value is None:
        raise NotAShare("score is not a number")
    if metric.get("score_type") == "levels":
        raise NotAShare("its scores are levels, not numbers")
    if why := _out_of_bounds(value, metric):
        raise NotAShare(why)
    factor = 100.0 if _in_percent(value, metric) else 1.0
    if factor != 1 or _is_share(metric):
        share(value, HUNDRED if factor != 1 else ONE)
    error, count = _uncertainty(mapping(details.get("uncertainty")))
    if factor == 1:
        return value, error, count
    return of_hundred(value), None if error is None else of_hundred(error), count


def mapping(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def _out_of_bounds(value: float, metric: Mapping[str, Any]) -> str | None:
    low, high = (values.number(metric.get(each)) for each in ("min_score", "max_score"))
    if (low is not None and value < low) or (high is not None and value > high):
        return f"the score {value:g} is outside its bounds, {low} to {high}"
    return None


def _in_percent(value: float, metric: Mapping[str, Any]) -> bool:
    unit = str(metric.get("metric_unit") or "").lower()
    if PERCENT.fullmatch(unit):
        return True
    if PROPORTION.fullmatch(unit) or is_natural(metric.get("metric_id"), metric.get("metric_name")):
        return False
    bounds = [values.number(metric.get(each)) for each in ("min_score", "max_score")]
    return bounds == [0.0, 100.0]


def _is_share(metric: Mapping[str, Any]) -> bool:
    bounds = [values.number(metric.get(each)) for each in ("min_score", "max_score")]
    unit = str(metric.get("metric_unit") or "").lower()
    return bounds == [0.0, 1.0] or bool(PROPORTION.fullmatch(unit))


def _uncertainty(told: Mapping[str, Any]) -> tuple[float | None, int | None]:
    """The standard error, which a standard deviation or an interval of known level implies."""
    count = values.count(told.get("num_samples"))
    error = values.number(mapping(told.get("standard_error")).get("value"))
    if error is None and (spread := values.number(told.get("standard_deviation"))) and count:
        error = spread / count**0.5
    if error is None:
        interval = mapping(told.get("confidence_interval"))
        low, high = (values.number(interval.get(each)) for each in ("lower", "upper"))
        if low is not None and high is not None and interval.get("confidence_level") == 0.95:
            error = (high - low) / (2 * 1.959963984540054)
    return (error if error is not None and error >= 0 else None), count
