"""The output's safetensors files: places the tensors in them, and creates the files."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path

from merge_worker.engine.files.dtypes import ITEMSIZE
from merge_worker.engine.files.header import write_header
from merge_worker.engine.files.writing import write_new, writing
from merge_worker.engine.models.checkpoint import INDEX, SINGLE
from merge_worker.engine.plan import Plan, PlannedTensor


def assign_places(
    tensors: Sequence[PlannedTensor], max_shard_size: int
) -> tuple[PlannedTensor, ...]:
    """Give each tensor a file and an offset; files are filled in order up to a size in bytes."""
    groups = _groups(tensors, max_shard_size)
    placed: list[PlannedTensor] = []
    for number, group in enumerate(groups, start=1):
        file = SINGLE if len(groups) == 1 else f"model-{number:05}-of-{len(groups):05}.safetensors"
        # Wider types first, so that every tensor is aligned to its type.
        group.sort(key=lambda tensor: -ITEMSIZE[tensor.region.dtype])
        _, offsets = _header(group)
        for tensor, offset in zip(group, offsets, strict=True):
            region = dataclasses.replace(tensor.region, file=file, offset=offset)
            placed.append(dataclasses.replace(tensor, region=region))
    return tuple(placed)


def lay_out(plan: Plan, folder: Path) -> None:
    """Create the output's files at their final size with their headers, and the index.

    Raises:
        OutputError: there is not enough space, or the folder cannot be written.
    """
    for name, tensors in plan.shards.items():
        header, _ = _header(tensors)
        _create(folder / name, header, sum(tensor.region.nbytes for tensor in tensors))
    if len(plan.shards) > 1:
        with writing(folder / INDEX):
            write_new(folder / INDEX, _index(plan).encode())


def _groups(tensors: Sequence[PlannedTensor], limit: int) -> list[list[PlannedTensor]]:
    groups: list[list[PlannedTensor]] = [[]]
    room = limit
    for tensor in tensors:
        if tensor.region.nbytes > room and groups[-1]:
            groups.append([])
            room = limit
        groups[-1].append(tensor)
        room -= tensor.region.nbytes
    return groups


def _header(tensors: Sequence[PlannedTensor]) -> tuple[bytes, list[int]]:
    return write_header((t.name, t.region.dtype, t.region.shape) for t in tensors)


def _create(path: Path, header: bytes, size: int) -> None:
    whole = len(header) + size
    with writing(path, whole):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            os.posix_fallocate(descriptor, 0, whole)
            os.ftruncate(descriptor, whole)
            os.pwrite(descriptor, header, 0)
        finally:
            os.close(descriptor)


def _index(plan: Plan) -> str:
    weight_map = {tensor.name: tensor.region.file for tensor in plan.tensors}
    index = {"metadata": {"total_size": plan.bytes_out}, "weight_map": weight_map}
    return json.dumps(index, indent=2, ensure_ascii=False) + "\n"
