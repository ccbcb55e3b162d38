"""Migrations that would stop the release before, or make its requests wait, are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import migration_lint
from tools.migration_lint import Migration, findings, migrations, rendered
from tools.migration_rules import (
    ALLOWED,
    ALONE,
    BEFORE_THE_RULES,
    OF_FILES,
    OFFLINE,
    PATTERNS,
    RULES,
)

pytestmark = pytest.mark.process

HEAD = """\
import sqlalchemy as sa
from alembic import op

from mergehub.kit.database.migrations import without_lock


def upgrade():
"""
BAD = {
    "adding-field-with-default": "op.add_column('runs', sa.Column('a', sa.Uuid(), "
    "server_default=sa.text('gen_random_uuid()')))",
    "adding-foreign-key-constraint": "op.create_foreign_key('f', 'runs', 'recipes', ['a'], ['id'])",
    "adding-not-nullable-field": "op.alter_column('runs', 'a', nullable=False)",
    "adding-required-field": "op.add_column('runs', sa.Column('a', sa.Text(), nullable=False))",
    "adding-serial-primary-key-field": "op.create_primary_key('p', 'runs', ['a'])",
    "ban-concurrent-index-creation-in-transaction": "op.create_index('i', 'runs', ['a'], "
    "postgresql_concurrently=True)",
    "ban-drop-column": "op.drop_column('runs', 'a')",
    "ban-drop-constraint": "op.drop_constraint('c', 'runs')",
    "ban-drop-default": "op.alter_column('runs', 'a', server_default=None)",
    "ban-drop-function": "op.execute('DROP FUNCTION f')",
    "ban-drop-not-null": "op.alter_column('runs', 'a', nullable=True)",
    "ban-drop-schema": "op.execute('DROP SCHEMA s')",
    "ban-drop-sequence": "op.execute('DROP SEQUENCE s')",
    "ban-drop-table": "op.drop_table('runs')",
    "ban-drop-trigger": "op.execute('DROP TRIGGER t ON runs')",
    "ban-drop-type": "op.execute('DROP TYPE t')",
    "ban-drop-view": "op.execute('DROP VIEW v')",
    "changing-column-type": "op.alter_column('runs', 'a', type_=sa.BigInteger())",
    "constraint-missing-not-valid": """op.create_check_constraint('c', 'runs', "a <> ''")""",
    "disallowed-unique-constraint": "op.create_unique_constraint('u', 'runs', ['a'])",
    "renaming-column": "op.alter_column('runs', 'a', new_column_name='b')",
    "renaming-table": "op.rename_table('runs', 'works')",
    "require-concurrent-index-creation": "op.create_index('i', 'runs', ['a'])",
    "require-concurrent-index-deletion": "op.drop_index('i')",
    "require-concurrent-reindex": "op.execute('REINDEX TABLE runs')",
    "rows-in-one-transaction": """op.execute("UPDATE runs SET a = 'x'")""",
    "whole-table-lock": "op.execute('LOCK TABLE runs')",
    "numbered-column": "op.execute('ALTER TABLE runs ADD COLUMN a bigint GENERATED ALWAYS AS "
    "IDENTITY')",
    "checked-column": """op.execute("ALTER TABLE runs ADD COLUMN a text CHECK (a <> '')")""",
    ALONE: "op.execute('SELECT 1')\n    with without_lock():\n        op.execute('SELECT 2')",
    OFFLINE: "op.get_bind().execute(sa.text('SELECT 1')).all()",
}
GOOD = {
    "changes": """\
    op.create_table("fresh", sa.Column("id", sa.BigInteger(), primary_key=True))
    op.create_index("ix_fresh_id", "fresh", ["id"])
    op.execute("INSERT INTO fresh (id) VALUES (1)")
    op.execute("UPDATE fresh SET id = 2")
    op.add_column("runs", sa.Column("a", sa.Text()))
    op.add_column("runs", sa.Column("b", sa.Text(), server_default="x", nullable=False))
    op.execute("ALTER TABLE runs ADD CONSTRAINT c CHECK (a <> '') NOT VALID")
    op.execute("ALTER TABLE runs ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES recipes NOT VALID")
""",
    "block": """\
    with without_lock():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ix_runs_a")
        op.create_index("ix_runs_a", "runs", ["a"], postgresql_concurrently=True)
""",
    "validation": """\
    op.execute("ALTER TABLE runs VALIDATE CONSTRAINT c")
""",
}


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The rules that each bad migration is found to break."""
    folder = tmp_path_factory.mktemp("bad")
    for rule, body in BAD.items():
        (folder / f"{rule}.py").write_text(f"{HEAD}    {body}\n")
    planted = [Migration("registry", folder / f"{rule}.py") for rule in BAD]
    found: dict[str, set[str]] = {rule: set() for rule in BAD}
    for each in findings(planted):
        found[each.migration.file.stem].add(each.rule)
    return found


@pytest.mark.parametrize("rule", [*RULES, *PATTERNS, *OF_FILES])
def test_a_migration_that_breaks_a_rule_is_found(rule: str, broken: dict[str, set[str]]) -> None:
    assert rule in broken[rule]


@pytest.mark.parametrize("name", GOOD)
def test_what_locks_no_table_and_takes_nothing_away_is_fine(name: str, tmp_path: Path) -> None:
    file = tmp_path / "next.py"
    file.write_text(f"{HEAD}{GOOD[name]}")
    assert [str(each) for each in findings([Migration("registry", file)])] == []
    assert ("CREATE INDEX CONCURRENTLY" in rendered(file)) == (name == "block")


def test_a_finding_says_where_what_and_why(tmp_path: Path) -> None:
    file = tmp_path / "next.py"
    file.write_text(f"{HEAD}    {BAD['ban-drop-column']}\n")
    (found,) = findings([Migration("registry", file)])
    assert str(found) == (
        f"{file}: ban-drop-column: ALTER TABLE runs DROP COLUMN a\n"
        "    the release before may read the column"
    )


def test_a_rule_is_broken_only_with_a_reason_on_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "0020_column_gone.py"
    file.write_text(f"{HEAD}    {BAD['ban-drop-column']}; op.drop_table('runs')\n")
    allowed = {("registry", "0020"): {"ban-drop-column": "0.3 was the last release to read it"}}
    monkeypatch.setattr(migration_lint, "ALLOWED", allowed)
    assert [each.rule for each in findings([Migration("registry", file)])] == ["ban-drop-table"]


def test_the_migrations_of_this_release_keep_the_rules() -> None:
    assert [str(each) for each in findings(migrations())] == []


def test_the_lists_name_migrations_that_are_there() -> None:
    there = {
        (service, file.name.partition("_")[0])
        for service in BEFORE_THE_RULES
        for file in (migration_lint.ROOT / "services" / service).glob("src/*/migrations/versions/*")
    }
    exempt = {(service, each) for service, named in BEFORE_THE_RULES.items() for each in named}
    assert exempt | set(ALLOWED) <= there


def test_every_service_is_checked() -> None:
    folders = migration_lint.ROOT.glob("services/*/src/*/migrations")
    assert {folder.parent.name for folder in folders} == set(BEFORE_THE_RULES)
