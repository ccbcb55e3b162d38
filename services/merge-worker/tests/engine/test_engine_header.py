"""Safetensors headers: we agree with the library, and refuse every invalid file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from merge_worker.engine.errors import CheckpointError, NotSupportedError, SourceError
from merge_worker.engine.files.header import MAX_HEADER, OTHER_FORMATS, read_header, write_header
from merge_worker.engine.models.checkpoint import open_checkpoint, weight_regions


def unsound(path: Path, header: Any, data: bytes = b"", length: int | None = None) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    size = len(text) if length is None else length
    path.write_bytes(size.to_bytes(8, "little") + text + data)
    return path


def entry(dtype: str = "F32", shape: Any = (1,), offsets: Any = (0, 4)) -> dict[str, Any]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def test_regions_are_where_the_library_finds_the_tensors(workshop: Any) -> None:
    workshop.model("m", workshop.llama(0), dtype="F32")
    path = workshop.folder / "m" / "model.safetensors"
    regions = read_header(path)
    data = path.read_bytes()
    with safe_open(path, "np") as library:
        assert regions.keys() == set(library.keys())
        for name, region in regions.items():
            raw = data[region.offset : region.offset + region.nbytes]
            expected = library.get_tensor(name)
            assert region.shape == expected.shape
            assert raw == expected.tobytes()


def test_a_header_that_we_write_is_read_by_the_library(tmp_path: Path) -> None:
    header, offsets = write_header([("a", "F32", (2,)), ("b/ü", "BF16", (1, 3)), ("c", "I8", ())])
    assert offsets == [len(header), len(header) + 8, len(header) + 14]
    assert len(header) % 8 == 0
    path = tmp_path / "x.safetensors"
    path.write_bytes(header + np.array([1, 2], "<f4").tobytes() + bytes(7))
    with safe_open(path, "np") as library:
        assert library.get_tensor("a").tolist() == [1, 2]
    assert list(read_header(path)) == ["a", "b/ü", "c"]


@pytest.mark.parametrize(
    ("header", "data", "length", "words"),
    [
        (b"", b"", 1 << 62, "claims"),
        (b"{}", b"", 9, "claims"),
        (b"no json", b"", None, "not JSON"),
        (b'{"a": {}, "a": {}}', b"", None, "twice"),
        (b"[" * 100_000, b"", None, "not JSON"),
        ([], b"", None, "object"),
        ({"a": {}}, b"", None, "lacks"),
        ({"a": entry(offsets=(0, "4"))}, bytes(4), None, "lacks"),
        ({"a": entry("F7")}, bytes(4), None, "F7"),
        ({"a": entry(shape=(-1,))}, bytes(4), None, "shape"),
        ({"a": entry(shape=(True,))}, bytes(4), None, "shape"),
        ({"a": entry(offsets=(0, 8))}, bytes(8), None, "takes 4 bytes"),
        ({"a": entry(offsets=(-4, 0))}, bytes(4), None, "is at bytes"),
        ({"a": entry(), "b": entry(offsets=(2, 6))}, bytes(6), None, "overlaps"),
        ({"a": entry(), "b": entry(offsets=(8, 12))}, bytes(12), None, "gap"),
        ({"a": entry()}, bytes(5), None, "end at byte"),
        ({"a": entry()}, bytes(3), None, "end at byte"),
    ],
)
def test_an_unsound_header_is_refused_in_words(
    tmp_path: Path, header: Any, data: bytes, length: int | None, words: str
) -> None:
    path = unsound(tmp_path / "x.safetensors", header, data, length)
    with pytest.raises(CheckpointError, match=words):
        read_header(path)


@pytest.mark.parametrize("mark", OTHER_FORMATS)
def test_no_sound_header_begins_as_a_file_of_another_kind(mark: bytes) -> None:
    assert int.from_bytes(mark[:8].ljust(8, b"\0"), "little") > MAX_HEADER


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.safetensors").touch()
    with pytest.raises(CheckpointError, match="0"):
        read_header(tmp_path / "x.safetensors")


def sharded(workshop: Any, weight_map: Any) -> Path:
    folder = workshop.folder / "sharded"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    ones = np.ones(2, np.float32)
    workshop.write_tensors(folder / "s1.safetensors", {"a": ones}, "F32")
    workshop.write_tensors(folder / "s2.safetensors", {"b": ones}, "F32")
    workshop.write_tensors(folder / "s3.safetensors", {"a": ones}, "F32")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": weight_map}))
    return folder


def test_shards_are_found_by_the_index(workshop: Any) -> None:
    folder = sharded(workshop, {"a": "s1.safetensors", "b": "s2.safetensors"})
    assert {n: r.file for n, r in weight_regions(folder).items()} == {
        "a": "s1.safetensors",
        "b": "s2.safetensors",
    }


@pytest.mark.parametrize(
    ("weight_map", "words"),
    [
        ({"a": "../s1.safetensors"}, "same folder"),
        ({"a": "/etc/passwd"}, "same folder"),
        ({"a": "s1.bin"}, "same folder"),
        ({"a": 1}, "same folder"),
        ({"a": "gone.safetensors"}, "which is missing"),
        ({"z": "s1.safetensors"}, "lacks 'z'"),
        ({"a": "s1.safetensors", "b": "s2.safetensors", "c": "s3.safetensors"}, "lacks 'c'"),
        ({"a": "s3.safetensors", "b": "s2.safetensors"}, None),
        ({}, "no weight_map"),
        ([], "no weight_map"),
    ],
)
def test_an_index_is_held_to_what_is_there(
    workshop: Any, weight_map: Any, words: str | None
) -> None:
    folder = sharded(workshop, weight_map)
    if words is None:
        assert len(weight_regions(folder)) == 2
        return
    with pytest.raises(CheckpointError, match=words):
        weight_regions(folder)


def test_a_tensor_in_two_shards_is_refused(workshop: Any) -> None:
    folder = sharded(workshop, {"a": "s1.safetensors"})
    index = folder / "model.safetensors.index.json"
    workshop.write_tensors(folder / "s4.safetensors", {"a": np.ones(1), "c": np.ones(1)}, "F32")
    index.write_text(json.dumps({"weight_map": {"a": "s1.safetensors", "c": "s4.safetensors"}}))
    with pytest.raises(CheckpointError, match="two files"):
        weight_regions(folder)


def test_pickled_weights_are_refused_with_advice(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(NotSupportedError, match="convert it to safetensors"):
        open_checkpoint(tmp_path)


@pytest.mark.parametrize(
    ("config", "error", "words"),
    [
        (None, SourceError, "is empty"),
        ("{", CheckpointError, "not JSON"),
        ("[]", CheckpointError, "JSON object"),
        ("{}", SourceError, "no weights"),
    ],
)
def test_a_folder_without_a_model_is_refused(
    tmp_path: Path, config: str | None, error: type[Exception], words: str
) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(config)
    with pytest.raises(error, match=words):
        open_checkpoint(tmp_path)
