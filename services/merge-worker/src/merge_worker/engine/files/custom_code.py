"""A model's own code (`auto_map`), which is copied next to the weights and never imported here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

AUTO_MAP: Final = "auto_map"
CONFIGS: Final = (
    "tokenizer_config.json",
    "processor_config.json",
    "preprocessor_config.json",
    "video_preprocessor_config.json",
)
"""The files beside config.json that may have an `auto_map`."""


def with_known_code(
    config: Mapping[str, Any], files: Collection[str]
) -> tuple[dict[str, Any], list[str]]:
    """Return a configuration whose `auto_map` names only code that is among the files or in another
    repository, and the classes that had to be left out."""
    auto_map = config.get(AUTO_MAP)
    if not isinstance(auto_map, dict):
        return dict(config), []
    lost = {key: classes for key, value in auto_map.items() if (classes := _lost(value, files))}
    kept = {key: value for key, value in auto_map.items() if key not in lost}
    rest = {key: value for key, value in config.items() if key != AUTO_MAP}
    return rest | ({AUTO_MAP: kept} if kept else {}), sorted({*chain.from_iterable(lost.values())})


def code_notes(files: Collection[str], auto_map: Any) -> Iterator[str]:
    """Yield notes about code that is copied, or that is in another repository."""
    code = sorted(name for name in files if name.endswith(".py"))
    if code:
        yield f"the model's own code is copied, not run and not checked: {', '.join(code)}"
    elsewhere = {name.partition("--")[0] for name in _all_classes(auto_map) if "--" in name}
    if elsewhere:
        yield f"the model takes code from {', '.join(sorted(elsewhere))}, which is not copied"


def lost_code(lost: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield notes about classes that a file no longer names."""
    for file, classes in lost.items():
        if classes:
            yield f"{AUTO_MAP} in {file} leaves out {', '.join(classes)}: that code is not there"


def _lost(value: Any, files: Collection[str]) -> list[str]:
    """The classes of an entry whose module is neither among the files nor in another repository."""
    named = [name for name in _classes(value) if "--" not in name]
    return [name for name in named if f"{name.rpartition('.')[0]}.py" not in files]


def _all_classes(auto_map: Any) -> Iterator[str]:
    for value in auto_map.values() if isinstance(auto_map, dict) else ():
        yield from _classes(value)


def _classes(value: Any) -> list[str]:
    """The classes that an entry names: one, or a tokenizer's slow and fast one."""
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]
