"""The tables of accounts, of their identities at providers, of members, and of quotas."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, func
from sqlalchemy.orm import Mapped, mapped_column

from registry.base import Base

LOCAL = "local"
"""The account of the hub's operator, whose tokens come from settings."""


class AccountRow(Base):
    """A person or an organisation. A handle names one of them and never changes."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    handle: Mapped[str] = mapped_column(String(100), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    display_name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    disabled_at: Mapped[datetime | None]

    __table_args__ = (CheckConstraint("kind IN ('person', 'organisation')", "kind"),)


class IdentityRow(Base):
    """A person's subject at an OpenID provider; names and e-mail addresses may change hands."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(500), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    account: Mapped[str] = mapped_column(ForeignKey("accounts.handle"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class MemberRow(Base):
    """A person's role in an organisation."""

    __tablename__ = "members"

    organisation: Mapped[str] = mapped_column(ForeignKey("accounts.handle"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("accounts.handle"), primary_key=True, index=True)
    role: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime] = mapped_column(server_default=func.now())

    __table_args__ = (CheckConstraint("role IN ('owner', 'writer', 'reader')", "role"),)


class QuotaRow(Base):
    """One account's own limit for one quota; NULL means no limit."""

    __tablename__ = "quotas"

    account: Mapped[str] = mapped_column(ForeignKey("accounts.handle"), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at_most: Mapped[int | None] = mapped_column(BigInteger)
