"""The Alembic history of the service's tables."""
