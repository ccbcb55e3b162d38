"""A file that is not a complete backup is refused in a sentence, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import io
import json
import re
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from click.testing import CliRunner

from mergehub.cli.main import main
from mergehub.contracts.services import SERVICES
from mergehub.hub import backup as backups
from mergehub.hub.backup.archive import ArchiveWriter, Changed
from mergehub.hub.backup.database import connection_of
from mergehub.hub.folder import DataFolder
from mergehub.kit.database import migrations

for service in SERVICES:
    pytest.importorskip(service.name, reason="a restore knows the services' migrations")

FILES = {
    "database.dump": b"not read before all files are checked",
    "tokens.json": b"{}",
    "secrets-keys.json": b"[]",
    "artifacts/runs/0/model.safetensors": bytes(range(256)) * 40,
}
RUN = "artifacts/runs/0/model.safetensors"

Change = Callable[[dict[str, Any]], object]


def history(service: str) -> ScriptDirectory:
    return ScriptDirectory.from_config(migrations._config(f"{service}.migrations"))


def revisions() -> dict[str, str]:
    """The newest migration of each service, by Alembic."""
    return {each.name: str(history(each.name).get_current_head()) for each in SERVICES}


def manifest(files: dict[str, bytes]) -> dict[str, Any]:
    return {
        "format": 1,
        "mergehub": "0.1.0",
        "created_at": "2026-01-02T03:04:05Z",
        "revisions": revisions(),
        "files": [
            {"path": name, "bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
            for name, text in files.items()
        ],
    }


def member(name: str, text: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.size = len(text)
    for field, value in fields.items():
        setattr(info, field, value)
    return info, text


def archive(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path, "w") as tar:
        for info, text in members:
            tar.addfile(info, io.BytesIO(text))
    return path


def backup(path: Path, files: dict[str, bytes] = FILES, change: Change = lambda told: None) -> Path:
    """A backup of files, made without the code under test; `change` alters its manifest."""
    told = manifest(files)
    change(told)
    members = [member(name, text) for name, text in files.items()]
    return archive(path, [*members, member("manifest.json", json.dumps(told).encode())])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "place").mkdir()
    return tmp_path / "place" / "hub.tar"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "place" / "data"


def refusal(file: Path, data: Path) -> str:
    """The message of `restore` and `restore --check`, which both exit with 1 and write nothing."""
    before = sorted(file.parent.parent.rglob("*"))
    checked = CliRunner().invoke(main, ["restore", str(file), "--check"])
    restored = CliRunner().invoke(main, ["restore", str(file), "--data", str(data)])
    assert (checked.exit_code, restored.exit_code) == (1, 1), restored.output
    assert sorted(file.parent.parent.rglob("*")) == before
    error = restored.stderr.splitlines()[-1]
    assert checked.stderr.splitlines()[-1] == error
    return error


def test_a_whole_backup_is_called_whole(file: Path) -> None:
    done = CliRunner().invoke(main, ["restore", str(backup(file)), "--check"])
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith(f"{file} is whole: a backup of 2026-01-02 03:04 UTC")


def test_a_check_tells_its_times_as_json(file: Path) -> None:
    done = CliRunner().invoke(main, ["restore", str(backup(file)), "--check", "--json"])
    told = json.loads(done.stdout)
    assert told["created_at"] == "2026-01-02T03:04:05Z"
    assert told["seconds"] > 0


def test_the_time_of_a_command_counts_from_before_what_it_imports(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "monotonic", iter([100.0, *[107.5] * 1000]).__next__)
    done = CliRunner().invoke(main, ["restore", str(backup(file)), "--check", "--json"])
    assert json.loads(done.stdout)["seconds"] == 7.5


def test_a_backup_of_older_migrations_is_taken(file: Path) -> None:
    first = {each.name: history(each.name).get_base() for each in SERVICES}
    backup(file, change=lambda told: told.update(revisions=first))
    done = CliRunner().invoke(main, ["restore", str(file), "--check"])
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize("text", [b"", b"hello", b"\0" * 10_240, b"\x1f\x8b" + bytes(600)])
def test_a_file_of_another_kind_is_refused(file: Path, data: Path, text: bytes) -> None:
    file.write_bytes(text)
    assert "not an archive of `mergehub backup`" in refusal(file, data)


def test_another_archive_is_refused(file: Path, data: Path) -> None:
    archive(file, [member("letter.txt", b"mine")])
    assert "not an archive of `mergehub backup`" in refusal(file, data)


@pytest.mark.parametrize("part", [0.1, 0.3, 0.5, 0.7, 0.8])
def test_a_backup_that_is_cut_short_is_refused(file: Path, data: Path, part: float) -> None:
    whole = backup(file).read_bytes().rstrip(b"\0")
    file.write_bytes(whole[: int(len(whole) * part)])
    assert "cut short" in refusal(file, data)


def test_a_changed_byte_is_found(file: Path, data: Path) -> None:
    whole = bytearray(backup(file).read_bytes())
    whole[whole.index(bytes(range(256))) + 300] ^= 1
    file.write_bytes(whole)
    assert refusal(file, data).endswith(
        f"cannot be restored: {RUN} is damaged: its checksum differs from the manifest's."
    )


@pytest.mark.parametrize(
    "name",
    [
        "../tokens.json", "/etc/passwd", "artifacts/../../x", "artifacts/./x", "artifacts//x",
        "artifacts", "pg/data/postgresql.conf", "lock", "models/\x1b[2Jx", "models/a\nb",
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(file: Path, data: Path, name: str) -> None:
    backup(file, {**FILES, name: b"evil"})
    assert "which no backup has" in refusal(file, data)


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]
)
def test_links_and_devices_are_refused(file: Path, data: Path, kind: bytes) -> None:
    members = [member(name, text) for name, text in FILES.items() if name != RUN]
    members.append(member(RUN, type=kind, linkname="/etc/passwd"))
    told = manifest({**FILES, RUN: b""})
    archive(file, [*members, member("manifest.json", json.dumps(told).encode())])
    assert "is not a regular file" in refusal(file, data)


def test_a_file_twice_is_refused(file: Path, data: Path) -> None:
    members = [member(name, text) for name, text in [*FILES.items(), ("tokens.json", b"[]")]]
    told = json.dumps(manifest(FILES)).encode()
    archive(file, [*members, member("manifest.json", told)])
    assert "twice" in refusal(file, data)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["files"].pop(),
        lambda told: told["files"].append({**told["files"][-1], "path": "models/x"}),
        lambda told: told["files"][-1].update(bytes=1),
    ],
)
def test_files_that_the_manifest_does_not_list_are_refused(
    file: Path, data: Path, change: Change
) -> None:
    backup(file, change=change)
    assert "are not those that its manifest lists" in refusal(file, data)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.pop("files"),
        lambda told: told.update(format="1"),
        lambda told: told["files"][0].update(sha256="0"),
        lambda told: told["files"][0].update(bytes=-1),
        lambda told: told.update(created_at="yesterday"),
    ],
)
def test_a_damaged_manifest_is_refused(file: Path, data: Path, change: Change) -> None:
    backup(file, change=change)
    assert "its manifest is damaged" in refusal(file, data)


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told.update(format=2, files="of a shape that is not known yet"),
        lambda told: told["revisions"].update(lineage="9999_of_the_future"),
        lambda told: told["revisions"].update(another="0001_first_tables"),
    ],
)
def test_an_older_program_says_which_one_made_a_newer_backup(
    file: Path, data: Path, change: Change
) -> None:
    backup(file, change=lambda told: (told.update(mergehub="7.8.9"), change(told)))
    assert "Install Mergehub 7.8.9 or newer" in refusal(file, data)


def test_a_folder_in_use_or_not_empty_is_left_as_it_is(file: Path, data: Path) -> None:
    backup(file)
    with DataFolder(data):
        done = CliRunner().invoke(main, ["restore", str(file), "--data", str(data)])
    assert done.exit_code == 1
    assert "is not empty" in done.stderr
    data = data.with_name("letters")
    data.mkdir()
    (data / "letter.txt").write_text("mine")
    done = CliRunner().invoke(main, ["restore", str(file), "--data", str(data)])
    assert "is not empty (letter.txt)" in done.stderr
    assert [path.name for path in data.iterdir()] == ["letter.txt"]


def test_a_restore_that_is_interrupted_leaves_an_empty_folder(file: Path, data: Path) -> None:
    def interrupt(progress: Any) -> None:
        if progress.done == 2:
            assert [path.name for path in data.iterdir()] == ["restoring"]
            raise KeyboardInterrupt

    data.mkdir()
    with pytest.raises(KeyboardInterrupt):
        backups.restore(backup(file), data, interrupt)
    assert list(data.iterdir()) == []


def test_a_folder_without_a_hub_is_not_backed_up(data: Path, file: Path) -> None:
    done = CliRunner().invoke(main, ["backup", str(file), "--data", str(data)])
    assert done.exit_code == 1
    assert f"{data} does not exist" in done.stderr
    assert not data.exists()
    assert not file.exists()


def test_a_file_that_is_longer_than_it_was_is_noticed(file: Path) -> None:
    """Files of the kernel report size 0 but have content, like a file that grows meanwhile."""
    with ArchiveWriter(file) as archive, pytest.raises(Changed, match="/proc/self/status"):
        archive.add("models/x", Path("/proc/self/status"))


def test_what_is_written_is_read_back_with_the_checksums_of_its_content(
    file: Path, tmp_path: Path
) -> None:
    content = bytes(range(256)) * 9_000
    (tmp_path / "x").write_bytes(content)
    with ArchiveWriter(file) as archive:
        entry = archive.add("models/x", tmp_path / "x")
    assert (entry.bytes, entry.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("backup", "x.tar", "--data", "missing"), 1, "missing does not exist"),
        (("backup", "x.tar", "--data", "."), 1, "has no databases of a hub"),
        (("restore", "."), 2, "is a folder. A folder holds backups of a deployed hub"),
        (("restore", "missing.tar"), 2, "File 'missing.tar' does not exist."),
        (("backup", "x", "--deployed", "--data", "."), 2, "--data and --deployed exclude each"),
        (("restore", "x", "--deployed", "--data", "."), 2, "--data and --deployed exclude each"),
    ],
)
def test_what_cannot_be_a_hub_or_its_backup_is_named(
    words: tuple[str, ...], status: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, words)
    assert done.exit_code == status
    assert said in re.sub(r"\s*│?\n│?\s*", " ", done.stderr)
    assert not list(tmp_path.iterdir())


def test_the_tools_of_postgresql_get_the_password_apart_from_the_address() -> None:
    address, env = connection_of("postgresql+asyncpg://ann:s%40cret@db:5433/hub?sslmode=require")
    assert address == "--dbname=postgresql://ann@db:5433/hub?sslmode=require"
    assert env["PGPASSWORD"] == "s@cret"
    address, env = connection_of("postgresql:///hub?host=/run/pg")
    assert address == "--dbname=postgresql:///hub?host=%2Frun%2Fpg"
    assert "PGPASSWORD" not in env
