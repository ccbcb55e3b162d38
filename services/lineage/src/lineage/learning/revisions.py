"""The revisions that a batch names by their digests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from lineage.learning import model_rows
from lineage.learning.batch import Batch
from lineage.learning.model_rows import Revision
from lineage.learning.names import Model, Models


class Revisions:
    """The ids of revisions; those in `new` are not stored yet."""

    def __init__(self, ids: Mapping[Revision, UUID], new: Mapping[Revision, UUID]) -> None:
        self._ids = ids
        self.new = new

    def of(self, model: Model, digest: str | None) -> UUID | None:
        """The id of a revision; None if its content is unknown."""
        return None if digest is None else self._ids[model.id, digest]


async def find(session: AsyncSession, models: Models, batch: Batch) -> Revisions:
    """The revisions that a batch names."""
    wanted = dict.fromkeys(_named(models, batch))
    if not wanted:
        return Revisions({}, {})
    stored = {model.id for model in models.stored}
    asked = [each for each in wanted if each[0] in stored]
    known = await model_rows.revisions(session, asked) if asked else {}
    new = {each: uuid4() for each in wanted if each not in known}
    return Revisions(known | new, new)


def _named(models: Models, batch: Batch) -> Iterable[Revision]:
    for facts in batch.facts:
        if facts.digest is not None:
            yield models[facts.name].id, facts.digest
    for told in batch.statements:
        if told.child_digest is not None:
            yield models[told.child].id, told.child_digest
        if told.parent_digest is not None:
            yield models[told.parent].id, told.parent_digest
