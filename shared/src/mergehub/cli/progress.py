"""Progress of long work: bars on a terminal, a line from time to time elsewhere."""

from __future__ import annotations

from typing import Self

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from mergehub.contracts.runs import RunProgress

LINE_EVERY_PERCENT = 10


class ProgressDisplay:
    """Shows a `RunProgress` whenever it changes, on standard error."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._bars: Progress | None = None
        self._task: TaskID | None = None
        self._last_line: tuple[str, int] | None = None
        self._last_note = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def show(self, progress: RunProgress) -> None:
        """Draw the newest state."""
        if self._console.is_terminal:
            self._draw(progress)
        else:
            self._tell(progress)

    def note(self, text: str) -> None:
        """Print a line beside the bars."""
        if self._last_note != text:
            self._last_note = text
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _draw(self, progress: RunProgress) -> None:
        if self._bars is None:
            self._bars = Progress(*_columns(), console=self._console, transient=True)
            self._task = self._bars.add_task(progress.stage, parts="", counts_bytes=False)
            self._bars.start()
        assert self._task is not None
        counts_bytes = progress.bytes_total > 0
        if self._bars.tasks[self._task].fields["counts_bytes"] != counts_bytes:
            self._bars.reset(self._task)  # the rate of one unit is wrong for another
        self._bars.update(
            self._task,
            description=progress.stage,
            total=(progress.bytes_total if counts_bytes else progress.total) or None,
            completed=progress.bytes_done if counts_bytes else progress.done,
            parts=_parts(progress),
            counts_bytes=counts_bytes,
        )

    def _tell(self, progress: RunProgress) -> None:
        percent = 100 * progress.done // progress.total if progress.total else 0
        line = (progress.stage, percent // LINE_EVERY_PERCENT)
        if line != self._last_line:
            self._last_line = line
            self._console.print(stage_of(progress), highlight=False, markup=False)


class _OfBytes(ProgressColumn):
    """A column that is empty while no bytes are counted."""

    def __init__(self, column: ProgressColumn) -> None:
        super().__init__()
        self._column = column

    def render(self, task: Task) -> RenderableType:
        return self._column.render(task) if task.fields["counts_bytes"] else ""


def stage_of(progress: RunProgress) -> str:
    """The stage, and how much of it is done if that is known."""
    return f"{progress.stage} {_parts(progress)}".rstrip()


def _parts(progress: RunProgress) -> str:
    return f"{progress.done}/{progress.total} {progress.unit}" if progress.total else ""


def _columns() -> list[ProgressColumn]:
    return [
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[parts]}"),
        _OfBytes(DownloadColumn()),
        _OfBytes(TransferSpeedColumn()),
        TimeRemainingColumn(),
    ]
