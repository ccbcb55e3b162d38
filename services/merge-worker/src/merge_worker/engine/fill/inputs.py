"""Reads the ingredients' files while they are merged, and detects changes to them."""

from __future__ import annotations

import hashlib
import os
import resource
from collections.abc import Iterator
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from merge_worker.engine.errors import CheckpointError, InputChangedError, SourceError
from merge_worker.engine.files.dtypes import CODES, F32, ITEMSIZE
from merge_worker.engine.files.header import Region
from merge_worker.engine.files.reading import FileStamp, open_regular
from merge_worker.engine.kernels.low_rank import add_low_rank, decode_all
from merge_worker.engine.models.adapter import LowRank
from merge_worker.engine.plan import Operand, Plan, PlannedModel
from mergehub.recipe.lock import LockedFile

SPARE_FILES: Final = 200
"""How many files a process may need open besides its inputs."""
CHUNK: Final = 1 << 20


class Inputs:
    """All files that a plan reads or copies, opened once; any thread may read at any place.

    The files are read, not mapped: so a file that is cut short meanwhile gives an error with a
    name, and does not end the process.

    Raises:
        InputChangedError: on opening or on `check`, a file differs from the planned one.
        TooManyFilesError: there are more files than this process may open.
    """

    def __init__(self, plan: Plan) -> None:
        self._models = plan.models
        self._descriptors: dict[Path, int] = {}
        self._stamps = {**dict(stamped_files(plan)), **dict(_copied_files(plan))}
        _allow_open_files(len(self._stamps))
        try:
            for path, stamp in self._stamps.items():
                self._open(path, stamp)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files."""
        for descriptor in self._descriptors.values():
            os.close(descriptor)
        self._descriptors.clear()

    def check(self) -> None:
        """Check that no file has changed."""
        for path, descriptor in self._descriptors.items():
            _compare(path, self._stamps[path], FileStamp.of(descriptor))

    def digest(self, path: Path) -> str:
        """The SHA-256 of a file in hexadecimal."""
        with self._stream(path) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def locked(self, path: Path) -> LockedFile:
        """A file as it is now."""
        return LockedFile(sha256=self.digest(path), size=self._stamps[path].size)

    def copy(self, path: Path, target: Path) -> LockedFile:
        """Copy a file and return what was written."""
        taken, size = hashlib.sha256(), 0
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        with self._stream(path) as stream, target.open("xb") as copy:
            while part := stream.read(CHUNK):
                taken.update(part)
                size += copy.write(part)
        return LockedFile(sha256=taken.hexdigest(), size=size)

    def read(self, path: Path, offset: int, buffer: memoryview) -> None:
        """Fill a buffer from an offset in a file."""
        descriptor = self._descriptors[path]
        done = 0
        while done < len(buffer):
            try:
                count = os.preadv(descriptor, [buffer[done:]], offset + done)
            except OSError as error:
                raise InputChangedError(f"{path} cannot be read: {error.strerror}") from None
            if count == 0:
                raise InputChangedError(f"{path} was cut short while it was being merged")
            done += count

    def reader(self, operand: Operand) -> Reader:
        """A reader of one operand's elements."""
        return Reader(self, self._models[operand.model], operand)

    def _stream(self, path: Path) -> FileIO:
        stream = FileIO(self._descriptors[path], closefd=False)
        stream.seek(0)
        return stream

    def _open(self, path: Path, stamp: FileStamp) -> None:
        try:
            self._descriptors[path] = open_regular(path)
        except (SourceError, CheckpointError) as error:
            raise InputChangedError(
                f"{error}: the file has changed since the merge was planned"
            ) from None
        _compare(path, stamp, FileStamp.of(self._descriptors[path]))


class Reader:
    """One operand's elements, as stored or, with an adapter on top, as float32.

    `code` is the element type that `read` gives.
    """

    def __init__(self, inputs: Inputs, model: PlannedModel, operand: Operand) -> None:
        self._inputs = inputs
        self._region = operand.region
        self._path = model.folder / operand.region.file
        self._update = _Update(inputs, model, operand.update) if operand.update else None
        self.code = F32 if operand.update else CODES.get(operand.region.dtype, F32)

    def read(self, first: int, size: int, row: NDArray[np.uint8]) -> None:
        """Write elements [first, first + size) to the start of `row`."""
        if self._update is None:
            self._read(first, size, row)
            return
        stored = np.empty(size * ITEMSIZE[self._region.dtype], np.uint8)
        self._read(first, size, stored)
        values = row[: size * 4].view(np.float32)
        decode_all(stored, CODES[self._region.dtype], values)
        self._update.add(first, values)

    def _read(self, first: int, size: int, row: NDArray[np.uint8]) -> None:
        width = ITEMSIZE[self._region.dtype]
        buffer = row.data[: size * width]
        self._inputs.read(self._path, self._region.offset + first * width, buffer)


class _Update:
    """An adapter's two matrices for one tensor, decoded."""

    def __init__(self, inputs: Inputs, model: PlannedModel, update: LowRank) -> None:
        assert model.adapter is not None
        folder = model.adapter.folder
        left, right = (_matrix(inputs, folder, side) for side in (update.left, update.right))
        if update.transposed:
            left, right = right.T, left.T
        self._left, self._right = np.ascontiguousarray(left), np.ascontiguousarray(right)
        self._scaling = np.float32(update.scaling)

    def add(self, first: int, values: NDArray[np.float32]) -> None:
        delta = np.empty(self._right.shape[1], np.float32)
        add_low_rank(first, self._left, self._right, self._scaling, delta, values)


def _matrix(inputs: Inputs, folder: Path, region: Region) -> NDArray[Any]:
    raw = np.empty(region.nbytes, np.uint8)
    inputs.read(folder / region.file, region.offset, raw.data)
    values = np.empty(region.size, np.float32)
    decode_all(raw, CODES[region.dtype], values)
    return values.reshape(region.shape)


def stamped_files(plan: Plan) -> Iterator[tuple[Path, FileStamp]]:
    """Every file that tensors are read from, with its stamp at planning time."""
    for model in plan.models:
        for part in (model, model.adapter):
            if part is not None:
                yield from ((part.folder / name, stamp) for name, stamp in part.stamps.items())


def _copied_files(plan: Plan) -> Iterator[tuple[Path, FileStamp]]:
    yield from ((path, plan.stamps[name]) for name, path in plan.copies.items())


def _allow_open_files(count: int) -> None:
    """Raise this process's limit of open files by `count`, as far as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + SPARE_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _compare(path: Path, planned: FileStamp, found: FileStamp) -> None:
    if planned != found:
        raise InputChangedError(
            f"{path} was changed, replaced or removed after the merge was planned; "
            "plan the merge again"
        )
