"""Stores statements as facts, a set at a time: the same fact twice is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from leaderboard.facts import item_scores, resolving, sizes
from leaderboard.facts.changes import LOG
from leaderboard.facts.models import Source
from leaderboard.facts.statement import Measure, Statement, run_fact, stated_fact

ALONE = text("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.facts'))")
"""One transaction at a time adds facts: none sees another's half, and none waits in a circle."""

COLUMNS = {
    "fact": "uuid", "variant_id": "int", "setting_id": "int", "origin_id": "int",
    "source": "smallint", "value": "float8", "stderr": "float8", "count": "int",
    "limited": "boolean", "binary": "boolean", "seed": "bigint", "evaluated_at": "timestamptz",
    "created_at": "timestamptz", "run": "uuid", "doubt": "text", "claims": "text",
}  # fmt: skip
