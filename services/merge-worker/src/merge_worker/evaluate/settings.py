"""What decides a score besides the weights and the task: the settings of an evaluation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

SEED: Final = 1234
"""The harness's own seed: of its choice of examples, and of models that draw their answers."""
LIBRARIES: Final = ("lm-eval", "torch", "transformers", "tokenizers", "datasets")
"""The libraries whose versions a record names."""


@dataclass(frozen=True)
class Settings:
    """The settings of one measurement; a score with other settings is another score.

    `limit` is how many items of each task are scored, None for all. `precision` is the type in
    which the model computes, such as `float32`.
    """

    precision: str
    limit: int | None = None
    chat_template: bool = False
    seed: int = SEED

    def plain(self) -> dict[str, Any]:
        """As plain data, with the harness's version."""
        return {**asdict(self), "harness": harness()}


def harness() -> str:
    """The harness with its version, as records name it."""
    return f"lm-eval {harness_version()}"


def harness_version() -> str:
    """The version of the installed harness."""
    return version("lm-eval")


def versions() -> dict[str, str]:
    """The versions of the libraries that compute a score, as far as they are installed."""
    found: dict[str, str] = {}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
