"""Where the snapshot of the catalogue is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from mergehub.columns.snapshots import Snapshots, code_of
from mergehub.contracts.domains import vocabulary
from mergehub.kit.settings.service import ServiceSettings

NAME = "catalogue"
SEARCH = Path(__file__).parents[1]


def snapshots_of(settings: ServiceSettings) -> Snapshots | None:
    """The snapshot in the folder that settings name, if they name one."""
    return Snapshots.of(settings, NAME, code())


def snapshots_in(folder: Path) -> Snapshots:
    """The snapshot in a folder."""
    return Snapshots(folder, NAME, code())


@cache
def code() -> str:
    """A hash of the code of the search."""
    return code_of(SEARCH, Path(vocabulary.__file__))
