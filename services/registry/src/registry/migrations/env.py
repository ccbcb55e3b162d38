"""Alembic's entry: run the migrations on the connection that the kit opened."""

from mergehub.kit.database.migrations import run_env
from registry.tables import metadata

run_env(metadata)
