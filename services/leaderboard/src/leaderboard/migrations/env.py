"""Run by Alembic for each command."""

from leaderboard.benchmarks import models as _benchmarks  # noqa: F401 - fills the metadata
from leaderboard.boards.own import models as _boards  # noqa: F401
from leaderboard.facts import former as _former  # noqa: F401
from leaderboard.facts import items as _items  # noqa: F401
from leaderboard.facts import models as _facts  # noqa: F401
from leaderboard.history import models as _history  # noqa: F401
from leaderboard.parents import models as _parents  # noqa: F401
from leaderboard.releases import models as _releases  # noqa: F401
from leaderboard.scores import models as _scores  # noqa: F401
from leaderboard.tables import Base
from mergehub.kit.database.migrations import run_env

run_env(Base.metadata)
