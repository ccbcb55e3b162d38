"""The models that a batch names: stored ones, and new ones that are not stored yet."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import chain
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import model_rows
from lineage.learning.batch import Batch, Facts
from lineage.learning.facts import UNDESCRIBED, Description
from mergehub.contracts.lineage_names import composed
from mergehub.kit.database.identities import new_ids


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
    given = _keys(dict.fromkeys(_names(batch)))
    keys = set(given.values())
    rows = await model_rows.named(session, keys)
    rows |= await model_rows.once_named(session, keys - rows.keys())
    stored: dict[int, Model] = {}
    found: dict[str, Model] = {}
    for known_as, number, id, name, rank in rows.values():
        if number not in stored:
            stored[number] = Model(number, id, name, rank)
        found[known_as] = stored[number]
    new: dict[str, str] = {}
    for name, each in given.items():
        if each not in found:
            new.setdefault(each, name)
    for (each, name), id in zip(new.items(), new_ids(len(new)), strict=True):
        found[each] = Model(-1 - len(found), id, composed(name), 0)
    return Models({name: found[each] for name, each in given.items()})


def _names(batch: Batch) -> Iterable[str]:
    ends = [said[:2] for said in batch.statements]
    return chain([facts.name for facts in batch.facts], chain.from_iterable(ends))


def _keys(names: Collection[str]) -> dict[str, str]:
    """The key of each name; names of ASCII are all made lower case at once."""
    together = "\n".join(names)
    if together.isascii() and together.count("\n") == len(names) - 1:
        return dict(zip(names, map(str.strip, together.lower().split("\n")), strict=True))
    return {name: key(name) for name in names}


async def store(session: AsyncSession, models: Models) -> None:
    """Store the new models. Raises NameTaken."""
    if models.new:
        new = sorted(models.new, key=lambda model: key(model.name))
        numbers = await model_rows.numbers(session, len(new))
        for model, number in zip(new, numbers, strict=True):
            model.number = number
        values = ((each.number, each.id, each.name, each.rank, each.described) for each in new)
        await model_rows.insert(session, values)


async def lock(session: AsyncSession, models: Models, batch: Batch) -> None:
    """Lock the stored models, if others may say something of the same ones meanwhile.

    Nobody else sees a new model. So if all children are new, and so are the models of which facts
    or revisions are told, parents are locked as they are counted: later, so that others wait less.
    """
    told = [said.child for said in batch.statements]
    told += [said.parent for said in batch.statements if said.parent_digest is not None]
    told += [facts.name for facts in batch.facts]
    if not all(models[name].new for name in told):
        await model_rows.lock(session, [model.number for model in models.stored])


async def recall(session: AsyncSession, models: Models, facts: Iterable[Facts]) -> None:
    """Read what is known of the stored models that `facts` are about."""
    asked = {model.number: model for each in facts if not (model := models[each.name]).new}
    for row in await model_rows.described(session, asked):
        asked[row.number].described = Description.of(row)
