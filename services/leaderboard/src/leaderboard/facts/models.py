"""The tables of facts. Rows are added and never changed, but for a withdrawal or a limit.

Ids of what a fact names are no foreign keys: nothing that a fact may name is ever deleted.
"""

from __future__ import annotations

from datetime import datetime
from enum import IntEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    Identity,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from leaderboard.tables import Base
from mergehub.kit.replica.change_log import ChangeColumns

Name = String(200, collation="C")
ModelName = String(500, collation="C")


class Source(IntEnum):
    """How far a result is trusted: the lower, the more. The names are those of the API."""

    verified = 1
    community = 2
    imported = 3


class ModelRow(Base):
    """A model by the first spelling of its name; names are compared without case."""

    __tablename__ = "models"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    name: Mapped[str] = mapped_column(ModelName)

    __table_args__ = (Index("uq_models_lower_name", func.lower(name), unique=True),)


class VariantRow(Base):
    """What a result measures: a revision of a model in a precision; '' if unknown.

    A revision is a digest of the content or a commit, a precision in lower case: `bfloat16`.
    """

    __tablename__ = "variants"
    __table_args__ = (
        UniqueConstraint("model_id", "revision", "precision"),
        Index(None, "precision"),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    model_id: Mapped[int] = mapped_column(BigInteger)
    revision: Mapped[str] = mapped_column(Name, server_default="")
    precision: Mapped[str] = mapped_column(String(40, collation="C"), server_default="")


class SettingRow(Base):
    """The conditions that two scores must share to be compared; null if not stated."""

    __tablename__ = "settings"
    __table_args__ = (
        UniqueConstraint(
            "measure_id",
            "shots",
            "chat_template",
            "task_hash",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    measure_id: Mapped[int] = mapped_column(Integer)
    shots: Mapped[int | None] = mapped_column(Integer)
    chat_template: Mapped[bool | None] = mapped_column(Boolean)
    task_hash: Mapped[str | None] = mapped_column(Name)


class OriginRow(Base):
    """Where facts come from: a file or an address, who brought it, and what had measured them."""

    __tablename__ = "origins"
    __table_args__ = (
        UniqueConstraint(
            "source",
            "account",
            "origin",
            "harness",
            "harness_version",
            name="uq_origins_source_account_origin_harness",
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    source: Mapped[int] = mapped_column(SmallInteger)
    origin: Mapped[str] = mapped_column(String(500, collation="C"))
    account: Mapped[str | None] = mapped_column(Name)
    harness: Mapped[str] = mapped_column(Name, server_default="")
    harness_version: Mapped[str] = mapped_column(Name, server_default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class FactRow(Base):
    """One score. The same fact has the same `fact`, a digest, whoever states it.

    - Scores of one variant in one setting from one source are of the same thing. The current one is
      the newest that is not withdrawn: by `evaluated_at`, of which null is the oldest, then `id`.
    - `value` is on the metric's scale, 0 to 1 for a share of items.
    - `limited`: fewer items than the benchmark has; such a score never ranks.
    - `binary`: each item is right or wrong, so the value is a share of `count` items.
    - `doubt`: what was odd about it, in words. `claims`: what its origin says of the model.
    """

    __tablename__ = "facts"
    __table_args__ = (
        UniqueConstraint("fact"),
        Index(None, "variant_id", "setting_id"),
        Index(None, "setting_id", "id"),
        Index(None, "setting_id", "source", "id"),
        Index(None, "source", "id"),
        Index(None, "origin_id", "id"),
        Index(None, "origin_id", "setting_id", "id"),
        Index(None, "run", postgresql_where=text("run IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(
        BigInteger, server_default=text("nextval('results_id_seq'::regclass)"), primary_key=True
    )
    value: Mapped[float] = mapped_column(Double)
    stderr: Mapped[float | None] = mapped_column(Double)
    seed: Mapped[int | None] = mapped_column(BigInteger)
    evaluated_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    variant_id: Mapped[int] = mapped_column(Integer)
    setting_id: Mapped[int] = mapped_column(Integer)
    origin_id: Mapped[int] = mapped_column(Integer)
    count: Mapped[int | None] = mapped_column(Integer)
    source: Mapped[int] = mapped_column(SmallInteger)
    limited: Mapped[bool] = mapped_column(Boolean)
    binary: Mapped[bool] = mapped_column(Boolean)
    fact: Mapped[UUID]
    run: Mapped[UUID | None]
    withdrawal_id: Mapped[int | None] = mapped_column(Integer)
    doubt: Mapped[str | None] = mapped_column(String(1000))
    claims: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class RestatementRow(Base):
    """Another origin of a fact. If the first one is withdrawn, the fact stays, by this one."""

    __tablename__ = "restatements"

    fact_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    origin_id: Mapped[int] = mapped_column(Integer, primary_key=True)


class WithdrawalRow(Base):
    """Why results of one origin do not count any more, and who restored them perhaps."""

    __tablename__ = "withdrawals"

    id: Mapped[int] = mapped_column(Integer, Identity(always=True), primary_key=True)
    origin: Mapped[str] = mapped_column(String(500))
    account: Mapped[str | None] = mapped_column(Name)
    reason: Mapped[str] = mapped_column(String(1000))
    results: Mapped[int] = mapped_column(Integer)
    moderated: Mapped[bool] = mapped_column(Boolean)
    withdrawn_by: Mapped[str] = mapped_column(Name)
    withdrawn_at: Mapped[datetime] = mapped_column(server_default=func.now())
    restored_by: Mapped[str | None] = mapped_column(Name)
    restored_at: Mapped[datetime | None]


class ChangeRow(ChangeColumns, Base):
    """The results and models that a transaction added or changed, for the facts in memory."""

    results: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    models: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
