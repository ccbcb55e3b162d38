"""From the recipes of a card, or a recipe alone, to edges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mergehub.lineage_files import values
from mergehub.lineage_files.edges import edge_rows
from mergehub.lineage_files.names import NO_REVISION
from mergehub.lineage_files.rows import MOST_PARENTS, Corrected, Edge, Row, Skipped
from mergehub.lineage_files.text import whole
from mergehub.lineage_files.words import BASE, INGREDIENT
from mergehub.recipe import ModelRef
from mergehub.recipe.reference import PATHS
from mergehub.recipe.yaml.limits import MAX_CHARACTERS

from .blocks import Block, is_recipe, recipes
from .mentions import FOLDERS, Mentions
from .merges import Ingredient, Merge, NoRecipe, read_merge

SOURCE = "merge-card"
MOST_FAULTS = 3
STEP = "the card has several recipes, and this one made a step of the merge: no weights are taken"
FOLDER = "a folder of the author's machine, and the card does not say which model it holds"
SHORT = "a short name, and the card does not say whose model it is"


def read_recipe(path: Path, name: str) -> Iterator[Row]:
    """The rows of a recipe in mergekit's YAML that made the model `name`.

    Raises:
        Unreadable: there is no such file, or it is too long.
    """
    text = whole(path, MAX_CHARACTERS)
    try:
        merge = read_merge(text)
    except NoRecipe as error:
        yield Skipped(error.line, name, "", f"the recipe cannot be read: {error}", "malformed")
        return
    yield from _Recipe(name, Block(1, text), merge, path.name).rows()


def recipe_rows(
    card: str, front: Block | None, model: str, mentions: Mentions, file: str
) -> Iterator[Row]:
    """The rows of all recipes of a card."""
    found: list[_Recipe] = []
    for block in _blocks(card, front):
        try:
            merge = read_merge(block.text)
        except NoRecipe as error:
            line = block.line + error.line - 1
            yield Skipped(line, model, "", f"the recipe cannot be read: {error}", "malformed")
        else:
            faults = () if block is front else merge.faults  # which has other fields as well
            merge = replace(merge, faults=faults)
            found.append(_Recipe(model, block, merge, file, mentions))
    last = _last(found)
    known: set[str] = set()
    for recipe in sorted(found, key=lambda each: each is not last):
        if recipe is not last:
            yield Corrected(recipe.block.line, "recipe", "", "", STEP)
        yield from recipe.rows(known, whole=recipe is last)


def _blocks(card: str, front: Block | None) -> list[Block]:
    """The recipes of the text; if it has none, the front matter, if that has one."""
    found = list(recipes(card, front))
    return found or ([front] if front and is_recipe(front.text) else [])


class _Recipe:
    """A recipe and where it is written."""

    def __init__(
        self, model: str, block: Block, merge: Merge, file: str, mentions: Mentions | None = None
    ) -> None:
        self.block, self._merge = block, merge
        self._model, self._file, self._mentions = model, file, mentions

    @property
    def uses_steps(self) -> bool:
        """Whether it merges models that have no full name anywhere."""
        return any(self._name(each.ref)[0] is None for each in self._merge.ingredients)

    def rows(self, known: set[str] | None = None, *, whole: bool = True) -> Iterator[Row]:
        """An edge to each ingredient that is not `known` yet; weights if the recipe is whole."""
        known = set() if known is None else known
        if len(self._merge.ingredients) > MOST_PARENTS:
            reason = f"a model has at most {MOST_PARENTS} parents"
            yield Skipped(self.block.line, self._model, "", reason, "too-many-parents")
            return
        for fault in self._merge.faults[:MOST_FAULTS]:
            line = self.block.line + (fault.line or 1) - 1
            reason = f"a hub would refuse this recipe, and its models are taken: {fault}"
            yield Corrected(line, "recipe", "", "", reason[:500])
        for unread in self._merge.unread:
            reason = f"the parent: {unread.reason}"
            yield Skipped(self.block.line, self._model, unread.written, reason, "bad-name")
        for one in self._merge.ingredients:
            yield from self._ingredient(one, known, whole)

    def _ingredient(self, one: Ingredient, known: set[str], whole: bool) -> Iterator[Row]:
        line = self.block.line
        name, reason = self._name(one.ref)
        if name is None:
            yield Skipped(line, self._model, str(one.ref), reason or "", "local-name")
            return
        if name.lower() in known:
            return
        known.add(name.lower())
        if reason:
            yield Corrected(line, "parent", str(one.ref), name, reason)
        yield from edge_rows(
            self._model, name, line, relation="merge", role=BASE if one.base else INGREDIENT,
            role_stated=True,
            method=self._merge.method, weight=one.weight if whole else None,
            density=one.density if whole else None, layers=one.ranges if whole else None,
            evidence=self._evidence, source=SOURCE,
        )  # fmt: skip
        if one.ref.adapter is not None:
            below = str(ModelRef(model=name.partition("+")[0]))
            yield Edge(name, below, line, "adapter", BASE, evidence=self._evidence, source=SOURCE)

    @property
    def _evidence(self) -> str | None:
        return values.evidence(f"{self._file}:{self.block.line}")

    def _name(self, ref: ModelRef) -> tuple[str | None, str | None]:
        """The name of an ingredient, and why it is not as it was written, or why there is none."""
        adapter = f"+{ref.adapter.model}" if ref.adapter else ""
        written = ref.model
        is_path = _is_path(written)
        if not is_path and ("/" in written or self._mentions is None):
            return f"{written}{adapter}", NO_REVISION if ref.revision else None
        if self._mentions is None:
            return None, FOLDER
        full = self._mentions.full(written)
        if full is None:
            return None, FOLDER if is_path else SHORT
        return f"{full}{adapter}", "the card mentions the model by its full name"


def _is_path(written: str) -> bool:
    """Whether a reference is a place on the author's machine, by its form or its first folder."""
    first, slash, _ = written.partition("/")
    many = "\\" in written or written.count("/") > 1
    return many or written.startswith(PATHS) or (bool(slash) and first.lower() in FOLDERS)


def _last(found: list[_Recipe]) -> _Recipe | None:
    """The recipe that made the model itself, if it can be told from those of steps before it."""
    if len(found) == 1:
        return found[0]
    using = [recipe for recipe in found if recipe.uses_steps]
    return using[0] if len(using) == 1 else None
