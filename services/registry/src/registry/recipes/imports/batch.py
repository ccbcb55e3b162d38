"""What an import does with each of its rows, decided from what the owner has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from mergehub.kit.problems.problem import Problem
from registry.recipes.errors import RecipeArchived
from registry.recipes.imports.checking import Row
from registry.recipes.imports.schemas import Brought, Outcome, RecipeImportReport, Refused
from registry.recipes.models import RecipeRow
from registry.recipes.writing.repository import Added
from registry.recipes.writing.versions import NewVersion


@dataclass
class Known:
    """A locked recipe, and the number of the newest version of each digest."""

    recipe: RecipeRow | Added
    new: bool
    numbers: dict[str, int] = field(default_factory=dict)


class Batch:
    """The recipes that an import is about, and what becomes of its rows."""

    def __init__(self, refused: Iterable[Refused]) -> None:
        self.versions: list[NewVersion] = []
        self._refused = list(refused)
        self._brought: list[Brought] = []
        self._known: dict[str, Known] = {}
        self._by_id: dict[UUID, Known] = {}
        self._problems: dict[str, Problem] = {}

    def know(self, recipes: Iterable[RecipeRow | Added]) -> None:
        """Learn of locked recipes of the owner, or of new ones that have no versions yet."""
        for recipe in recipes:
            known = Known(recipe, new=isinstance(recipe, Added))
            self._known[recipe.name] = self._by_id[recipe.id] = known
            if recipe.archived_at is not None:
                self.refuse(recipe.name, _archived(recipe))

    def know_version(self, recipe: UUID, digest: str, number: int) -> None:
        """Learn of a version; of one digest, the newest first."""
        self._by_id[recipe].numbers.setdefault(digest, number)

    def has(self, name: str) -> bool:
        """Whether there is a recipe of this name."""
        return name in self._known

    def refuse(self, name: str, problem: Problem) -> None:
        """Refuse the rows of this name that bring something new."""
        self._problems[name] = problem

    def take(self, row: Row) -> None:
        """Decide what becomes of the next row."""
        name, digest = row.wanted.name, row.checked.digest
        known = self._known.get(name)
        if known is not None and (number := known.numbers.get(digest)) is not None:
            self._bring(row, known, number, "known")
        elif problem := self._problems.get(name):
            self._refuse(row, problem)
        elif known is not None:
            known.recipe.newest += 1
            number = known.numbers[digest] = known.recipe.newest
            self.versions.append(NewVersion(known.recipe, number, row.checked))
            self._bring(row, known, number, "published" if known.new and number == 1 else "version")

    def report(self, owner: str, *, dry_run: bool) -> RecipeImportReport:
        """What became of the rows."""
        made = {known.recipe.id for known in self._known.values() if known.new}
        brought = [
            each.model_copy(update={"recipe": None}) if dry_run and each.recipe in made else each
            for each in self._brought
        ]
        refused = sorted(self._refused, key=lambda each: each.line)
        return RecipeImportReport(dry_run=dry_run, owner=owner, brought=brought, refused=refused)

    def _bring(self, row: Row, known: Known, number: int, outcome: Outcome) -> None:
        recipe, digest = known.recipe, row.checked.digest
        self._brought.append(
            Brought(
                line=row.line, outcome=outcome, recipe=recipe.id, name=recipe.name, number=number,
                digest=digest,
            )
        )  # fmt: skip

    def _refuse(self, row: Row, problem: Problem) -> None:
        self._refused.append(
            Refused(
                line=row.line, name=row.wanted.name, code=problem.code, detail=problem.detail,
                errors=problem.errors,
            )
        )  # fmt: skip


def _archived(recipe: RecipeRow | Added) -> RecipeArchived:
    return RecipeArchived.called(f"{recipe.owner}/{recipe.name}")
