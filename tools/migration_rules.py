"""The rules for migrations under which the release before keeps working while they run.

They lock no table for long, and take nothing away that the release before uses. squawk knows most
of them; the others are patterns of statements.
"""

from __future__ import annotations

import re
from typing import Final

RULES: Final = {
    "adding-field-with-default": "it rewrites the table",
    "adding-foreign-key-constraint": "it reads the whole table under a lock",
    "adding-not-nullable-field": "it reads the whole table under a lock",
    "adding-required-field": "the release before leaves the column out",
    "adding-serial-primary-key-field": "it rewrites the table",
    "ban-concurrent-index-creation-in-transaction": "PostgreSQL refuses it",
    "ban-drop-column": "the release before may read the column",
    "ban-drop-constraint": "the release before may rely on it, as ON CONFLICT does",
    "ban-drop-default": "the release before leaves the column out",
    "ban-drop-function": "the release before may call it",
    "ban-drop-not-null": "the release before cannot read null",
    "ban-drop-schema": "the release before needs it",
    "ban-drop-sequence": "the release before may use it",
    "ban-drop-table": "the release before may use it",
    "ban-drop-trigger": "the release before may rely on it",
    "ban-drop-type": "the release before may use it",
    "ban-drop-view": "the release before may read it",
    "changing-column-type": "it rewrites the table, and the release before writes the old type",
    "constraint-missing-not-valid": "it reads the whole table under a lock",
    "disallowed-unique-constraint": "it builds an index under a lock",
    "renaming-column": "the release before uses the old name",
    "renaming-table": "the release before uses the old name",
    "require-concurrent-index-creation": "it keeps writers waiting while it reads the table",
    "require-concurrent-index-deletion": "it keeps all requests for the table waiting",
    "require-concurrent-reindex": "it keeps all requests for the table waiting",
}
"""The rules of squawk, each with what would happen to a hub that runs."""

PATTERNS: Final = {
    "rows-in-one-transaction": (
        re.compile(r"(?:UPDATE|DELETE FROM)\s+(?:ONLY\s+)?\"?(?P<table>\w+)", re.IGNORECASE),
        "it keeps writers of these rows waiting until the migration ends: change them in batches, "
        "by a housekeeping task",
    ),
    "whole-table-lock": (
        re.compile(r"(?:LOCK|TRUNCATE|CLUSTER|VACUUM\s+FULL)\b", re.IGNORECASE),
        "it keeps all requests for the table waiting",
    ),
    "numbered-column": (
        re.compile(r"ALTER TABLE\b.*\bADD COLUMN\b.*\b(?:\w*SERIAL|AS IDENTITY)\b", re.I | re.S),
        "it rewrites the table",
    ),
    "checked-column": (
        re.compile(r"ALTER TABLE\b.*\bADD COLUMN\b.*\bCHECK\b", re.I | re.S),
        "it reads the whole table under a lock: add the check as NOT VALID, and validate it later",
    ),
}
"""What squawk does not know, as the beginning of a statement."""

ALONE: Final = "block-with-other-changes"
OFFLINE: Final = "rendered-without-a-database"
OF_FILES: Final = {
    ALONE: "what comes before the block stays if the block fails, and cannot be done again: give "
    "the block a migration of its own",
    OFFLINE: "no database is there: let PostgreSQL do it in one statement",
}
"""Rules about a migration as a whole."""

BEFORE_THE_RULES: Final = {
    "registry": (
        *("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011"),
    ),
    "lineage": ("0001", "0002", "0003", "0004", "0005"),
    "leaderboard": ("0001", "0002", "0003", "0004"),
}
"""Migrations that were there before any release promised to serve the tables of the next one.

They run in a new database, or while the service is stopped.
"""

ALLOWED: dict[tuple[str, str], dict[str, str]] = {
    ("lineage", "0007"): {"ban-drop-constraint": "foreign keys, which no statement names"},
    ("registry", "0015"): dict.fromkeys(
        ("adding-field-with-default", "disallowed-unique-constraint", "numbered-column"),
        "hubs have some thousands of recipes, which are rewritten in less than a second",
    ),
    ("registry", "0021"): {
        "changing-column-type": "few accounts have quotas of their own, and the release before "
        "writes integers, which a bigint holds",
    },
}
"""Rules that a migration may break, by service and revision, each with the reason.

Two releases after the code stopped using a column, for example: `{("registry", "0020"):
{"ban-drop-column": "0.3 was the last release that read it"}}`.
"""
