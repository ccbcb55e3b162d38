"""Backups of a hub: one file of its databases, models and secrets, and the way back.

`save` backs up a hub, running or stopped; `restore` makes a data folder from a backup. `archive` is
the file's format, `manifest` its list of contents, `database` runs PostgreSQL's tools.
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
