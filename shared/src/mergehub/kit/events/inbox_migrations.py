"""The tables of an inbox, in the steps of the releases; each service's migrations call these.

A released step never changes. The next change is a step of its own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


def create_inbox() -> None:
    """Create the tables of applied events and of each source's position."""
    op.create_table(
        "inbox",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        _now("applied_at"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_inbox")),
    )
    op.create_table(
        "inbox_position",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_inbox_position")),
    )


def drop_inbox() -> None:
    op.drop_table("inbox_position")
    op.drop_table("inbox")


def create_refused() -> None:
    """Create the table of events that were set aside."""
    op.create_table(
        "inbox_refused",
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _now("refused_at"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_inbox_refused")),
    )


def drop_refused() -> None:
    op.drop_table("inbox_refused")


def add_failures() -> None:
    """Add how often the next event failed, which replicas count together."""
    op.add_column(
        "inbox_position",
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
    )


def drop_failures() -> None:
    op.drop_column("inbox_position", "failures")


def _now(name: str) -> sa.Column[object]:
    return sa.Column(
        name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )
