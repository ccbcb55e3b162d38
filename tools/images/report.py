"""What is reported of the images that were made: a row for each, as a table in Markdown."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tools.images.build import Image
from tools.images.start import Times

HEADS = (
    "Image", "Target", "MB over its base", "Seconds to build", "Seconds until healthy",
    "Seconds to end", "Packages in its SBOM",
)  # fmt: skip
NONE = "–"


@dataclass
class Row:
    """An image; what was not asked for, or is not there, is None."""

    image: str
    target: str | None = None
    megabytes: int | None = None
    seconds: float = 0
    times: Times | None = None
    packages: int | None = None

    def cells(self) -> Sequence[str]:
        """The cells in the order of HEADS."""
        times = self.times
        return (
            f"`{self.image}`",
            f"`{self.target}`" if self.target else NONE,
            f"{self.megabytes:,}" if self.megabytes is not None else NONE,
            f"{self.seconds:.0f}",
            f"{times.healthy:.1f}" if times and times.healthy is not None else NONE,
            f"{times.ended:.1f}" if times else NONE,
            str(self.packages) if self.packages is not None else NONE,
        )


def table(rows: Iterable[Row]) -> str:
    """The rows as a table."""
    lines = [HEADS, ["---"] * len(HEADS), *(row.cells() for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def megabytes(image: Image) -> int:
    """The size of the layers above the base."""
    layers = [str(layer) for layer in image.root.layers[:-1]]
    told = subprocess.run(["du", "-scm", *layers], capture_output=True, text=True, check=True)
    return int(told.stdout.split()[-2])
