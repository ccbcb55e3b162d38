"""Files that strangers made are read only if they are regular, within limits, and allowed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from merge_worker.engine import CheckpointError, SourceError
from merge_worker.engine.files.reading import (
    LIMITS,
    POINTER,
    FileStamp,
    open_regular,
    opened,
    read_small,
)
from merge_worker.engine.files.strict_json import DEPTH, parse_json, read_json


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_a_regular_file_is_read_whole(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content" * 300_000)
    assert read_small(tmp_path / "x") == b"content" * 300_000


def test_a_named_pipe_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "config.json")
    before = descriptors()
    with pytest.raises(CheckpointError, match="not a regular file"):
        read_small(tmp_path / "config.json")
    assert descriptors() == before


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/tty"])
def test_a_device_is_refused_unopened(tmp_path: Path, path: str) -> None:
    (tmp_path / "x").symlink_to(path)
    with pytest.raises(CheckpointError, match="not a regular file"):
        open_regular(tmp_path / "x")


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    with pytest.raises(CheckpointError, match="a folder where a file should be"):
        read_small(tmp_path / "config.json")


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("gone", SourceError, "has no gone"),
        ("gone/x", SourceError, "has no x"),
        ("n" * 300, CheckpointError, "is longer than"),
        ("d/" * 3000, CheckpointError, "is longer than"),
        ("nul\0", CheckpointError, "a file cannot have this name"),
        ("half\ud800", CheckpointError, "a file cannot have this name"),
    ],
)
def test_what_no_file_can_be_called_is_refused_in_words(
    tmp_path: Path, name: str, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        read_small(tmp_path / name)


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(CheckpointError, match="circle"):
        read_small(tmp_path / "a")


def test_a_link_out_of_the_allowed_folders_is_refused_and_one_within_is_followed(
    tmp_path: Path,
) -> None:
    root, outside = (tmp_path / "root").resolve(), tmp_path / "outside"
    root.mkdir()
    outside.write_text("secret")
    (root / "file").write_text("open")
    (root / "in").symlink_to("file")
    (root / "out").symlink_to(outside)
    assert read_small(root / "in", within=[root]) == b"open"
    with pytest.raises(SourceError, match="outside the allowed roots"):
        read_small(root / "out", within=[root])


def test_a_file_over_the_limit_of_its_name_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "config.json").open("wb") as file:
        file.truncate(LIMITS["config.json"] + 1)
    with pytest.raises(CheckpointError, match="the limit for a file of this kind is 4194304"):
        read_small(tmp_path / "config.json")
    with pytest.raises(CheckpointError, match="the limit for a file of this kind is 10"):
        read_small(tmp_path / "config.json", 10)


def test_a_git_lfs_pointer_is_called_one(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_bytes(POINTER + b"v1\noid sha256:00\nsize 4\n")
    with pytest.raises(CheckpointError, match=r"Git LFS pointer.*run `git lfs pull`"):
        read_small(tmp_path / "tokenizer.json")


def test_a_rewritten_file_has_another_stamp_though_its_time_is_put_back(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    before = path.stat()
    with opened(path) as descriptor:
        stamp = FileStamp.of(descriptor)
        while path.stat().st_ctime_ns == before.st_ctime_ns:
            path.write_bytes(b"new")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert FileStamp.of(descriptor) != stamp
    assert path.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"{", "Expecting"),
        (b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1), "nested more than 64"),
        (b'{"a":' * 900 + b"1" + b"}" * 900, "nested more than 64"),
        (b"[" * 1_000_000, "nested more than 64"),
        (b"1" * 41, "41 digits"),
        (b"0." + b"1" * 5000, "5002 digits"),
        (b"-" + b"9" * 1_000_000, "digits"),
        (b'"\\ud800"', "half of a pair"),
        (b'["x", {"\\udfff": 1}]', "half of a pair"),
        (b'"\xed\xa0\x80"', "not valid UTF-8"),
        (b'"\xff"', "not valid UTF-8"),
        ('"ü"'.encode("utf-16"), "not valid UTF-8"),
        (b'{"num_hidden_layers": NaN}', "NaN is not a JSON value"),
        (b"[" + b"1," * 8_000_000 + b"1]", "more than 8000000 values"),
    ],
)
def test_json_beyond_all_measure_is_a_fault_of_its_value(text: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_json(text)


@pytest.mark.parametrize(
    "text",
    [
        b"[" * DEPTH + b"]" * DEPTH,
        b'{"model_max_length": 1000000000000000019884624838656, "limit": [0.0, Infinity]}',
        b'"\\ud83d\\ude00"',
        b'\xef\xbb\xbf{"written": "on Windows"}',
    ],
)
def test_json_as_models_have_it_is_read(text: bytes) -> None:
    assert parse_json(text) == json.loads(text)


def test_a_file_that_holds_no_json_object_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("[1]")
    with pytest.raises(CheckpointError, match=r"config\.json must contain a JSON object"):
        read_json(tmp_path / "config.json")
