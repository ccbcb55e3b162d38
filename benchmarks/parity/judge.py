"""The verdict on a recipe that two programs merged."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from benchmarks.parity.cases import AFTER, CLOSE, EQUALS, ONE_KEPT
from benchmarks.parity.compare import ALL, Comparison, compare, compare_drawn
from benchmarks.parity.referee import sides_with_ours

Verdict = Literal["agrees", "agrees in distribution", "documented", "differs", "refused"]
BEHIND = re.compile(r"^(model\.norm|lm_head)\.")


@dataclass(frozen=True)
class Job:
    """A recipe to merge; `documented` names the known difference."""

    key: str
    method: str
    label: str
    document: dict[str, Any]
    documented: str
    seeded: bool
    real: bool = False

    def ours(self, folder: Path) -> Path:
        """The folder of mergehub's output."""
        return folder / "ours" / self.key

    def theirs(self, folder: Path) -> Path:
        """The folder of mergekit's output."""
        return folder / "theirs" / self.key

    def base(self, folder: Path) -> Path:
        """The folder of the base, stacked like the output."""
        return folder / "bases" / self.key

    @property
    def parameters(self) -> set[str]:
        """Every parameter in the recipe."""
        entries = [self.document, *self.document.get("models", ())]
        return {name for entry in entries for name in entry.get("parameters", {})}

    @property
    def in_numbers(self) -> bool:
        """Whether to compare by statistics, since single elements need not agree."""
        return self.seeded or self.documented == EQUALS

    @property
    def out(self) -> str:
        """The output's dtype."""
        return str(self.document["out_dtype"])


@dataclass(frozen=True)
class Judged:
    """A job, its verdict and its figures."""

    job: Job
    verdict: Verdict
    note: str = ""
    figures: Comparison | None = None


def judge(job: Job, errors: tuple[str | None, str | None], folder: Path) -> Judged:
    """The verdict on a job, from the outputs or errors of both programs."""
    if any(errors):
        return _refused(job, *errors)
    ours, theirs = job.ours(folder), job.theirs(folder)
    found = compare(ours, theirs)
    if found.agrees:
        return Judged(job, "agrees", figures=found)
    if found.structure:
        return Judged(job, "differs", found.structure)
    if job.in_numbers:
        found = compare_drawn(ours, theirs, job.base(folder))
    if job.seeded and found.agrees:
        return Judged(job, "agrees in distribution", found.numbers, found)
    if _explained(job, found, folder):
        return Judged(job, "documented", _joined(job.documented, found.numbers), found)
    tensors = sorted(found.differing)
    which = f"{len(tensors)} tensors, as {', '.join(tensors[:3])}"
    return Judged(job, "differs", _joined(which, found.numbers), found)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _explained(job: Job, found: Comparison, folder: Path) -> bool:
    """Whether the known difference is the only one."""
    if job.documented == AFTER:
        return all(map(BEHIND.match, found.differing - {ALL}))
    if job.documented == CLOSE:
        return sides_with_ours(job.document, folder, job.ours(folder))
    if job.documented == ONE_KEPT:
        return found.beyond == len(found.differing)
    return found.agrees if job.documented == EQUALS else bool(job.documented)


def _refused(job: Job, ours: str | None, theirs: str | None) -> Judged:
    who = "both" if ours and theirs else "mergehub" if ours else "mergekit"
    known = job.real and (theirs or not ours or _ours_to_refuse(ours))
    return Judged(job, "refused" if known else "differs", f"{who}: {theirs or ours}")


def _ours_to_refuse(error: str) -> bool:
    """Whether the refusal is intended: something not built yet, or an undeclared name."""
    return error.startswith(("NotSupportedError", "RecipeError")) and "/merge_method" not in error
