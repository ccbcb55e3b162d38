"""Where the snapshot of the graph is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mergehub.columns.snapshots import Snapshots, code_of
from mergehub.contracts.domains import vocabulary
from mergehub.contracts.licences import identifiers
from mergehub.kit.settings.service import ServiceSettings

NAME = "graph"
LINEAGE = Path(__file__).parents[1]


def snapshots_of(settings: ServiceSettings) -> Snapshots | None:
    """The snapshot in the folder that settings name, if they name one."""
    return Snapshots.of(settings, NAME, code())


@cache
def code() -> str:
    """A hash of all code of the service: migrations change rows without the log."""
    words = (Path(vocabulary.__file__), Path(identifiers.__file__))
    return code_of(LINEAGE, *(each.parent for each in words))
