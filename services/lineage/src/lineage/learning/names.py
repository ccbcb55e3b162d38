"""The models that a batch names: stored ones, and new ones that are not stored yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import model_rows
from lineage.learning.batch import Batch, Facts
from lineage.learning.facts import UNDESCRIBED, Description
from mergehub.contracts.lineage_names import composed


class Model:
    """A model. One that is `new` has a negative number until it is stored.

    `described` has the facts of new models, and of those that the batch describes.
    """

    __slots__ = ("described", "id", "name", "new", "number", "rank", "redescribed")

    def __init__(self, number: int, id: UUID, name: str, rank: int) -> None:
        self.number = number
        self.id = id
        self.name = name
        self.rank = rank
        self.described = UNDESCRIBED
        self.new = number < 0
        self.redescribed = False


def key(name: str) -> str:
    """The name as the index has it: composed, and only ASCII letters have case there."""
    return composed(name).encode().lower().decode()


class Models:
    """The models of a batch by the names in it; case and former names lead to the same model."""

    def __init__(self, by_name: Mapping[str, Model]) -> None:
        self._by_name = by_name
        distinct = dict.fromkeys(by_name.values())
        self.new = [model for model in distinct if model.new]
        self.stored = [model for model in distinct if not model.new]

    def __getitem__(self, name: str) -> Model:
        return self._by_name[name]

    @property
    def spellings(self) -> dict[str, str]:
        """The present names of models, by the names in the batch."""
        return {given: model.name for given, model in self._by_name.items()}

    def describe(self, facts: Iterable[Facts], *, new: bool) -> None:
        """Take in what sources say about the new models, or about the others."""
        for each in facts:
            model = self[each.name]
            if model.new is new:
                described = model.described.told(each)
                model.redescribed |= described != model.described
                model.described = described


async def find(session: AsyncSession, batch: Batch) -> Models:
    """The models that a batch names."""
    given = {name: key(name) for name in dict.fromkeys(_names(batch))}
    rows = await model_rows.named(session, set(given.values()))
    missing = set(given.values()) - rows.keys()
    rows |= await model_rows.once_named(session, missing)
    stored = {row.id: Model(row.number, row.id, row.name, row.rank) for row in rows.values()}
    found = {each: stored[row.id] for each, row in rows.items()}
    for name, each in given.items():
        if each not in found:
            found[each] = Model(-1 - len(found), uuid4(), composed(name), 0)
    return Models({name: found[each] for name, each in given.items()})


def _names(batch: Batch) -> Iterable[str]:
    for statement in batch.statements:
        yield statement.child
        yield statement.parent
    for facts in batch.facts:
        yield facts.name


async def store(session: AsyncSession, models: Models) -> None:
    """Store the new models and lock the others. Raises NameTaken."""
    if models.new:
        new = sorted(models.new, key=lambda model: key(model.name))
        numbers = await model_rows.numbers(session, len(new))
        for model, number in zip(new, numbers, strict=True):
            model.number = number
        values = ((each.number, each.id, each.name, each.rank, each.described) for each in new)
        await model_rows.insert(session, values)
    await model_rows.lock(session, [model.number for model in models.stored])


async def recall(session: AsyncSession, models: Models, facts: Iterable[Facts]) -> None:
    """Read what is known of the stored models that `facts` are about."""
    asked = {model.number: model for each in facts if not (model := models[each.name]).new}
    for row in await model_rows.described(session, asked):
        asked[row.number].described = Description.of(row)
