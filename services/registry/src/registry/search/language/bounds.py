"""What a comparison or a range leaves of a line of numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from registry.search.language.faults import Wrong
from registry.search.language.fields import Field
from registry.search.language.quantities import Extent, extent

RANGE = ".."


@dataclass(frozen=True)
class Bounds:
    """From `low` to `high`; an open end is left out, and None is no end."""

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no number is within."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))


def bounds(field: Field, sign: str, text: str) -> Bounds:
    """The bounds that a field's value gives after a sign (`:`, `<`, `<=`, `>`, `>=`).

    `:3..5` has both ends, `>3..<5` none of them. Raises Wrong.
    """
    begin, is_range, end = text.partition(RANGE)
    if field.kind == "flag" and sign != ":":
        raise Wrong("no_order", "is yes or no", f"write {field.example}")
    if not is_range:
        return compared(sign, extent(field, text))
    if sign in ("<", "<="):
        raise Wrong("range_compared", f"has {sign} before a range", f"write {field.name}:{text}")
    found = _joined(
        compared(">" if sign == ">" else ">=", extent(field, begin)) if begin else Bounds(),
        _ending(field, end),
    )
    if found == Bounds():
        raise Wrong("no_bounds", "must have a number before or after the dots, as in 3..5")
    if found.is_empty:
        raise Wrong("empty_range", f"has the range {text}, which begins after its end")
    return found


def compared(sign: str, value: Extent) -> Bounds:
    """The bounds of what compares to a value in this way."""
    match sign:
        case "<":
            return Bounds(high=value.low, high_open=True)
        case "<=":
            return Bounds(high=value.high, high_open=value.high_open)
        case ">":
            return Bounds(low=value.high, low_open=not value.high_open)
        case ">=":
            return Bounds(low=value.low)
    return Bounds(value.low, value.high, high_open=value.high_open)


def _ending(field: Field, text: str) -> Bounds:
    sign = "<" if text.startswith("<") else "<="
    return compared(sign, extent(field, text.removeprefix("<"))) if text else Bounds()


def _joined(begin: Bounds, end: Bounds) -> Bounds:
    return Bounds(begin.low, end.high, begin.low_open, end.high_open)


def written(value: Bounds, write: Callable[[float], str]) -> str:
    """The sign and value that give these bounds."""
    low, high = value.low, value.high
    if low is None or high is None:
        return _one_sided(value, write)
    if low == high:
        return f":{write(low)}"
    sign, after = ">" if value.low_open else ":", "<" if value.high_open else ""
    return f"{sign}{write(low)}{RANGE}{after}{write(high)}"


def _one_sided(value: Bounds, write: Callable[[float], str]) -> str:
    if value.low is not None:
        return f"{'>' if value.low_open else '>='}{write(value.low)}"
    assert value.high is not None
    return f"{'<' if value.high_open else '<='}{write(value.high)}"
