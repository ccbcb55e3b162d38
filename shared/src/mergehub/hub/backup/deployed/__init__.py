"""Backups of a deployed hub: its databases by URL, its models in a folder or a bucket.

A place for backups holds many of them, and each model once:

    backups/<time>/database.dump   the databases, as of one moment
    backups/<time>/manifest.json   written last: a backup without it does not exist
    models/                        a store of models, as workers use

`save` makes a backup, `restore` fills an empty database and an empty store from one, `prune`
removes old ones.
"""

from mergehub.hub.backup.deployed.place import BackupPlace
from mergehub.hub.backup.deployed.restore import Restored, check, restore
from mergehub.hub.backup.deployed.save import Saved, save
from mergehub.hub.backup.deployed.settings import BackupSettings

__all__ = ["BackupPlace", "BackupSettings", "Restored", "Saved", "check", "restore", "save"]
