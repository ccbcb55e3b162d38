"""The configuration beside an adapter's weights, which names the model that it adapts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from mergehub.lineage_files.edges import edge_rows
from mergehub.lineage_files.rows import Row, Skipped
from mergehub.lineage_files.text import whole
from mergehub.lineage_files.words import BASE

from .naming import folder_name

FILE = "adapter_config.json"
FIELD = "base_model_name_or_path"
LONGEST = 1 << 20
SOURCE = "model-card"


def read_adapter(path: Path, name: str | None = None, root: Path | None = None) -> Iterator[Row]:
    """The edge from an adapter to its base. `name` is the adapter's, else its folder says it.

    Raises:
        Unreadable: there is no such file, or it is too long.
    """
    model = folder_name(path, root) if name is None else name
    try:
        config = json.loads(whole(path, LONGEST))
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict) or FIELD not in config:
        yield Skipped(1, model, "", f"the file has no field {FIELD}", "no-parent")
        return
    yield from edge_rows(
        model, config[FIELD], 1, relation="adapter", role=BASE, evidence=path.name, source=SOURCE
    )
