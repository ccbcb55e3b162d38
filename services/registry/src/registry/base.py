"""The declarative base of the registry's tables."""

from __future__ import annotations

from sqlalchemy import MetaData

from mergehub.kit.database.models import NAMING, Table


class Base(Table):
    """All tables of the registry, in the PostgreSQL schema `registry`."""

    __abstract__ = True

    metadata = MetaData(naming_convention=NAMING)
