"""Checks that new migrations keep the release before working: `python -m tools.migration_lint`.

Alembic writes the SQL of each migration without a database, and squawk reads it.
"""

from __future__ import annotations

import importlib.util
import io
import json
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from tools.migration_rules import (
    ALLOWED,
    ALONE,
    BEFORE_THE_RULES,
    OF_FILES,
    OFFLINE,
    PATTERNS,
    RULES,
)

ROOT = Path(__file__).parents[1]
POSTGRESQL = "15"
BLOCK = re.compile(r"COMMIT;.*BEGIN;", re.DOTALL)


class Migration(NamedTuple):
    """A file of a service's history."""

    service: str
    file: Path

    @property
    def revision(self) -> str:
        return self.file.name.partition("_")[0].removesuffix(".py")


class Finding(NamedTuple):
    """A rule that a migration breaks, with the statement."""

    migration: Migration
    rule: str
    statement: str

    def __str__(self) -> str:
        reasons = RULES | OF_FILES | {rule: why for rule, (_, why) in PATTERNS.items()}
        why = reasons.get(self.rule, "it cannot be read")
        return f"{self.migration.file}: {self.rule}: {self.statement}\n    {why}"


def migrations() -> Iterator[Migration]:
    """The migrations of all services that the rules hold for."""
    for service, exempt in BEFORE_THE_RULES.items():
        folder = ROOT / "services" / service / "src" / service / "migrations" / "versions"
        for file in sorted(folder.glob("[!_]*.py")):
            migration = Migration(service, file)
            if migration.revision not in exempt:
                yield migration


def findings(checked: Iterable[Migration]) -> list[Finding]:
    """The rules that migrations break and may not."""
    found, texts = [], {}
    for migration in checked:
        try:
            texts[migration] = rendered(migration.file)
        except AttributeError:  # of the rows, which are None
            found.append(Finding(migration, OFFLINE, "it reads rows"))
    found += _squawk(texts)
    for migration, text in texts.items():
        found += [Finding(migration, *each) for each in (*_patterns(text), *_beside(text))]
    return [each for each in found if each.rule not in _allowed(each.migration)]


def _allowed(migration: Migration) -> Mapping[str, str]:
    return ALLOWED.get((migration.service, migration.revision), {})


def rendered(file: Path) -> str:
    """The SQL of a migration in its transaction. Raises AttributeError if it reads rows."""
    spec = importlib.util.spec_from_file_location("migration", file)
    assert spec is not None
    assert spec.loader is not None
    migration = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(migration)
    out = io.StringIO("BEGIN;\n\n")
    out.seek(0, io.SEEK_END)
    options = {"as_sql": True, "literal_binds": True, "output_buffer": out}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        migration.upgrade()
    return out.getvalue() + "COMMIT;\n"


def _squawk(texts: Mapping[Migration, str]) -> Iterator[Finding]:
    """The rules of squawk that texts break."""
    if not texts:
        return
    with tempfile.TemporaryDirectory() as folder:
        files = {Path(folder, f"{number}.sql"): each for number, each in enumerate(texts)}
        for file, migration in files.items():
            file.write_text(texts[migration])
        told = _asked(files)
    for each in told:
        migration = files[Path(each["file"])]
        if each["rule_name"] in RULES or each["level"] == "Error":
            lines = texts[migration].splitlines()[each["line"] :]
            yield Finding(migration, each["rule_name"], _shortened(" ".join(lines)))


def _asked(files: Iterable[Path]) -> list[dict[str, Any]]:
    """The answer of squawk about files."""
    program = Path(sysconfig.get_path("scripts"), "squawk")
    command = [program, "--pg-version", POSTGRESQL, "--include", ",".join(RULES)]
    done = subprocess.run(
        [*map(str, command), "--reporter", "json", *map(str, files)], capture_output=True, text=True
    )
    if done.returncode not in (0, 1):  # 1: it has found something
        raise RuntimeError(f"squawk failed: {done.stderr}")
    told: list[dict[str, Any]] = json.loads(done.stdout)
    return told


def _patterns(text: str) -> Iterator[tuple[str, str]]:
    """The patterns that a statement matches, unless it changes a table that is new."""
    new = {name.lower() for name in re.findall(r"CREATE TABLE (?:\w+\.)?\"?(\w+)", text, re.I)}
    for statement in map(str.strip, text.split(";\n")):
        for rule, (pattern, _) in PATTERNS.items():
            match = pattern.match(statement)
            if match and match.groupdict().get("table", "").lower() not in new:
                yield rule, _shortened(statement)


def _beside(text: str) -> Iterator[tuple[str, str]]:
    """The first statement beside a block that runs outside of the transaction."""
    rest, blocks = BLOCK.subn("", text)
    rest = rest.removeprefix("BEGIN;").strip().removesuffix("COMMIT;").strip()
    if blocks and rest:
        yield ALONE, _shortened(rest)


def _shortened(text: str) -> str:
    """The first statement of a text, in one line."""
    line = " ".join(text.partition(";")[0].split())
    return line if len(line) <= 100 else f"{line[:99]}…"


def main() -> int:
    """Print what breaks a rule; returns 1 if anything does."""
    found = findings(migrations())
    for each in found:
        print(each)
    if found:
        print('CONTRIBUTING.md says under "A migration" how to write them.')
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
