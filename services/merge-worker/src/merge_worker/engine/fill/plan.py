"""Fills the tensors of a plan that a record lacks, and reports progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, wait
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

from merge_worker.engine.cuda.device import Device
from merge_worker.engine.errors import DeviceError
from merge_worker.engine.machine.crew import Crew
from merge_worker.engine.output.journal import Finished, Record
from merge_worker.engine.output.progress import Meter
from merge_worker.engine.plan import Plan, PlannedTensor
from merge_worker.engine.planning.peak_memory import held_whole

from .finiteness import check_finite
from .inputs import Inputs
from .operands import TensorMerge
from .placement import Place, Placement
from .tensor import fill

Held = Callable[[PlannedTensor], AbstractContextManager[PlannedTensor]]
"""Gives a tensor its place in a file, for as long as it is filled and recorded."""


class Filling:
    """The tensors of a plan that are filled in `folder`.

    The largest are filled first, so that no thread is left alone with one at the end.
    """

    def __init__(
        self,
        plan: Plan,
        tensors: Sequence[PlannedTensor],
        folder: Path,
        inputs: Inputs,
        journal: Record,
        *,
        block: int,
        only_finite: bool,
        device: Device | None = None,
        held: Held = nullcontext,
    ) -> None:
        self._plan, self._folder, self._inputs = plan, folder, inputs
        self._journal, self._only_finite, self._held = journal, only_finite, held
        self._todo = [each for each in tensors if each.name not in journal.finished]
        self._todo.sort(key=lambda tensor: -tensor.bytes_in)
        self._crew = Crew(room=max(map(held_whole, self._todo), default=0))
        self._placement = Placement(device, block)

    def run(self, pool: Executor, threads: int, meter: Meter) -> None:
        """Fill all of them; raises the first error, after the work in progress has ended."""
        workers: list[Future[None]] = []
        try:  # an interrupt may arrive while the threads start
            workers = self._crew.run(pool, threads, self._jobs(meter))
            meter.wait_for(workers, "fill")
        finally:
            self._crew.stop()
            wait(workers)

    def _jobs(self, meter: Meter) -> Iterator[Callable[[], None]]:
        for tensor in self._todo:
            yield partial(self._fill, tensor, meter)

    def warnings(self) -> list[str]:
        """Say what the device could not do, if anything."""
        return self._placement.warnings(len(self._todo))

    def _fill(self, tensor: PlannedTensor, meter: Meter) -> None:
        with self._held(tensor) as placed:
            with self._crew.room(held_whole(placed)):
                finished = self._filled(placed, meter)
            if self._only_finite:
                check_finite(placed, finished)
            self._journal.add_tensor(placed.name, finished)
        meter.add(1, 0)

    def _filled(self, tensor: PlannedTensor, meter: Meter) -> Finished:
        """Fill a tensor where that is possible; a new attempt begins it again."""
        place = self._placement.first(tensor)
        while True:
            written: list[int] = []  # appended to by every thread
            try:
                return self._at(place, tensor, meter, written)
            except DeviceError as error:
                if place.device is None:
                    raise
                meter.add(0, -sum(written))
                place = self._placement.after(error, tensor, place)

    def _at(
        self, place: Place, tensor: PlannedTensor, meter: Meter, written: list[int]
    ) -> Finished:
        def wrote(size: int) -> None:
            written.append(size)
            meter.add(0, size)

        merge = TensorMerge(self._plan, tensor, self._inputs, self._crew, place.block, place.device)
        return fill(merge, tensor, self._folder / tensor.region.file, wrote)
