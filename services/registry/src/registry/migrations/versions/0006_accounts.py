"""Accounts, their members and quotas; the owner of each object, and which objects are private.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NOT_REVOKED = sa.text("revoked_at IS NULL")
UNFINISHED = sa.text("state IN ('queued', 'running')")
PRIVATE_TO = sa.text("private_to IS NOT NULL")


def upgrade() -> None:
    _accounts()
    _tokens()
    for table in ("recipes", "runs"):
        _visibility(table)
    _owner("runs")
    _owner("webhook_endpoints")
    op.execute("UPDATE recipes SET owner = 'local'")  # its value since the first version
    op.create_foreign_key("fk_recipes_owner", "recipes", "accounts", ["owner"], ["handle"])
    _runs()
    op.add_column("audit", sa.Column("account", sa.String(100)))
    op.create_index("ix_audit_account_id", "audit", ["account", "id"])
    op.add_column("outbox", sa.Column("private_to", sa.String(100)))
    op.create_index("outbox_private", "outbox", ["private_to", "id"], postgresql_where=PRIVATE_TO)


def downgrade() -> None:
    op.execute("DELETE FROM outbox WHERE private_to IS NOT NULL")
    op.drop_index("outbox_private", "outbox")
    op.drop_column("outbox", "private_to")
    op.drop_column("audit", "account")
    for column in ("sources", "owner", "visibility"):
        op.drop_column("runs", column)
    op.drop_column("webhook_endpoints", "owner")
    op.drop_column("recipes", "visibility")
    op.drop_constraint("fk_recipes_owner", "recipes")
    op.execute("UPDATE tokens SET revoked_at = now() WHERE account <> 'local'")
    for column in ("account", "session"):
        op.drop_column("tokens", column)
    op.create_index("uq_tokens_name", "tokens", ["name"], unique=True, postgresql_where=NOT_REVOKED)
    for table in ("sign_ins", "quotas", "members", "identities", "accounts"):
        op.drop_table(table)


def _now(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False)


def _account(name: str, table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    key = sa.ForeignKeyConstraint([name], ["accounts.handle"], name=op.f(f"fk_{table}_{name}"))
    return sa.Column(name, sa.String(100), nullable=False), key


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), server_default=sa.func.gen_random_uuid(), nullable=False),
        sa.Column("handle", sa.String(100), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("display_name", sa.String(200), nullable=False),
        _now("created_at"),
        sa.Column("disabled_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("handle", name=op.f("uq_accounts_handle")),
        sa.CheckConstraint("kind IN ('person', 'organisation')", name=op.f("ck_accounts_kind")),
    )
    op.execute(
        "INSERT INTO accounts (handle, kind, display_name)"
        " VALUES ('local', 'person', 'Owner of the hub')"
    )
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(500), nullable=False),
        sa.Column("subject", sa.String(255), nullable=False),
        *_account("account", "identities"),
        _now("created_at"),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )
    op.create_table(
        "members",
        *_account("organisation", "members"),
        *_account("person", "members"),
        sa.Column("role", sa.String(20), nullable=False),
        _now("since"),
        sa.PrimaryKeyConstraint("organisation", "person", name=op.f("pk_members")),
        sa.CheckConstraint("role IN ('owner', 'writer', 'reader')", name=op.f("ck_members_role")),
    )
    op.create_index("ix_members_person", "members", ["person"])
    op.create_table(
        "quotas",
        *_account("account", "quotas"),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("at_most", sa.Integer()),
        sa.PrimaryKeyConstraint("account", "name", name=op.f("pk_quotas")),
    )
    op.create_table(
        "sign_ins",
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("challenge", sa.String(64), nullable=False),
        *_account("account", "sign_ins"),
        sa.Column("scopes", ARRAY(sa.String(60)), nullable=False),
        _now("created_at"),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sign_ins")),
    )


def _tokens() -> None:
    op.add_column("tokens", sa.Column("account", sa.String(100)))
    op.create_foreign_key(op.f("fk_tokens_account"), "tokens", "accounts", ["account"], ["handle"])
    op.add_column(
        "tokens",
        sa.Column("session", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.create_index(
        "ix_tokens_sessions", "tokens", ["expires_at"], postgresql_where=sa.text("session")
    )
    # Workers, services and what they made have no account; all other tokens are the operator's.
    op.execute(
        "UPDATE tokens SET account = 'local'"
        " WHERE NOT scopes <@ ARRAY['worker', 'tokens:introspect']::varchar[]"
    )
    op.drop_index("uq_tokens_name", "tokens")
    op.create_index(
        "uq_tokens_name",
        "tokens",
        ["account", "name"],
        unique=True,
        postgresql_where=NOT_REVOKED,
        postgresql_nulls_not_distinct=True,
    )


def _owner(table: str) -> None:
    op.add_column(table, sa.Column("owner", sa.String(100), server_default="local", nullable=False))
    op.alter_column(table, "owner", server_default=None)
    op.create_foreign_key(op.f(f"fk_{table}_owner"), table, "accounts", ["owner"], ["handle"])


def _visibility(table: str) -> None:
    public = sa.Column("visibility", sa.String(10), server_default="public", nullable=False)
    op.add_column(table, public)
    op.create_check_constraint(
        op.f(f"ck_{table}_visibility"), table, "visibility IN ('public', 'private')"
    )


def _runs() -> None:
    op.add_column(
        "runs", sa.Column("sources", ARRAY(sa.Uuid()), server_default="{}", nullable=False)
    )
    op.execute(
        "UPDATE runs SET sources = ARRAY[recipe_versions.recipe_id] FROM recipe_versions"
        " WHERE runs.spec ->> 'recipe_version' = recipe_versions.id::text"
    )
    op.create_index("ix_runs_owner_created_at", "runs", ["owner", "created_at"])
    op.create_index("ix_runs_unfinished", "runs", ["owner"], postgresql_where=UNFINISHED)
    op.create_index("ix_runs_sources", "runs", ["sources"], postgresql_using="gin")
    op.create_index("ix_webhook_endpoints_owner", "webhook_endpoints", ["owner"])
