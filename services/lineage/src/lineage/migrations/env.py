"""Run by Alembic for each command."""

from lineage.edges import models as _edges  # noqa: F401 - fills the metadata
from lineage.models import models as _models  # noqa: F401
from lineage.tables import Base
from mergehub.kit.database.migrations import run_env

run_env(Base.metadata)
