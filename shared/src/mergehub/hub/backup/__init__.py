"""Backups of a hub: one file of its databases, models and secrets, and the way back.

`save` makes one of a hub that runs or stands, `restore` makes a data folder of it. `archive` is the
file's format, `manifest` what it says of itself, `database` the part that PostgreSQL's tools do.
"""

from mergehub.hub.backup.database import DatabaseFault
from mergehub.hub.backup.manifest import BadBackup, CannotRestore
from mergehub.hub.backup.restore import Restored, check, restore
from mergehub.hub.backup.save import CannotBackUp, Saved, save

__all__ = [
    "BadBackup",
    "CannotBackUp",
    "CannotRestore",
    "DatabaseFault",
    "Restored",
    "Saved",
    "check",
    "restore",
    "save",
]
