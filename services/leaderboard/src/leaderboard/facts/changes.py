"""The log of what each transaction changed, which the facts in memory follow."""

from __future__ import annotations

from leaderboard.facts.models import ChangeRow
from leaderboard.tables import CHANGED
from mergehub.kit.replica.change_log import ChangeLog

LOG = ChangeLog(ChangeRow, CHANGED, "results", "models")
