"""The table of `benchmarks/parity.md`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import groupby
from typing import Any

from parity_compare import OF_ALL, OF_ONE
from parity_judge import Judged

INTRODUCTION = """\
# Parity with mergekit

Written by `make bench-parity`: mergehub {ours} beside mergekit {theirs} (torch {torch}).

Both calculate in float32 (`dtype: float32`) and round to the output's dtype. *Agrees* means that
no element differs by more than one unit in the last place of that dtype, a unit being at least
2⁻²⁰ of the tensor's largest magnitude. *Agrees in distribution* is for methods that draw at random:
the share of changed elements and the means of |Δ| and Δ² agree, T ≤ {one:g} in every tensor and
T ≤ {all:g} overall (see `parity_compare.py`); what is shown is ours against theirs. *Documented*
names a difference that is meant; *refused* says who refused, and why. Beside the largest
difference, in units, stands the share of elements equal to the last bit.
"""


def report(judged: Sequence[Judged], found: dict[str, Any], missing: Iterable[str]) -> str:
    """The whole document."""
    head = INTRODUCTION.format(
        ours=version("mergehub"),
        theirs=found["version"],
        torch=found["torch"],
        one=OF_ONE,
        all=OF_ALL,
    )
    made = [each for each in judged if not each.job.real]
    real = [each for each in judged if each.job.real]
    lines = [head, "## Methods and parameters", "", *_counted(made), "", *_cases(made)]
    if missing := list(missing):
        lines += ["", f"Not tried: {', '.join(missing)}."]
    if real:
        lines += ["", "## Real recipes", "", REAL, "", *_counted(real), "", *_recipes(real)]
    return "\n".join([*lines, ""])


VERDICTS = ("agrees", "agrees in distribution", "documented", "refused", "differs")
MOST = 200
"""Characters of a note."""

REAL = """\
Recipes that people published, by their number in the collection, over small models with as many
layers as their layer ranges ask for. `rescale_norm: l1` is added to those that may rescale."""


def _counted(judged: Sequence[Judged]) -> Iterator[str]:
    counts = Counter(each.verdict for each in judged)
    yield ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()) + "."


def _cases(judged: Sequence[Judged]) -> Iterator[str]:
    yield "| method | models and parameters | bfloat16 | float32 | verdict |"
    yield "|---|---|--:|--:|---|"
    for (method, label), group in groupby(judged, lambda each: (each.job.method, each.job.label)):
        outputs = {each.job.out: each for each in group}
        figures = [_figures(outputs.get(out)) for out in ("bfloat16", "float32")]
        yield _row(method, label, *figures, _verdict(*outputs.values()))


def _recipes(judged: Sequence[Judged]) -> Iterator[str]:
    yield "| recipe | method | output | difference | verdict |"
    yield "|---|---|---|--:|---|"
    for each in judged:
        yield _row(each.job.label, each.job.method, each.job.out, _figures(each), _verdict(each))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', '¦') for cell in cells)} |"


def _figures(each: Judged | None) -> str:
    """The largest difference and which share of the elements is equal to the last bit."""
    found = each.figures if each else None
    if found is None or found.numbers:
        return ""
    return f"{found.ulps:.2g} ({found.equal / found.elements:.3%})"


def _verdict(*outputs: Judged) -> str:
    """The graver verdict of the two."""
    each = max(outputs, key=lambda one: VERDICTS.index(one.verdict))
    return f"{each.verdict}: {each.note[:MOST]}" if each.note else each.verdict
