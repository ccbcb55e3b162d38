"""A recipe for every method over the synthetic checkpoints, made from its declaration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from merge_worker.engine.methods import discover

FINE_TUNES = ("a", "b", "c")
VALUES: dict[str, float] = {"weight": 0.4, "density": 0.5, "t": 0.4, "scale": 0.7}
"""Values of parameters by name; a method gets those that it declares."""
SETTINGS = {"sce": {"select_topk": 0.5}}


def recipe(method: str, folder: Path) -> str:
    """The recipe of `method` over the checkpoints in `folder`."""
    spec = discover()[method].spec
    most = (spec.max_models or len(FINE_TUNES)) - (spec.base == "member")
    ours = {each.name for each in spec.parameters if each.scope == "model"} & VALUES.keys()
    needed = {each.name: VALUES[each.name] for each in spec.parameters if each.required}
    document: dict[str, Any] = {
        "merge_method": method,
        "models": [
            {"model": str(folder / name), "parameters": {key: VALUES[key] for key in sorted(ours)}}
            for name in FINE_TUNES[:most]
        ],
        "parameters": {key: value for key, value in needed.items() if key not in ours}
        | SETTINGS.get(method, {}),
        "dtype": "bfloat16",
    }
    if spec.base != "none":
        document["base_model"] = str(folder / "base")
    if spec.base == "member":
        document["models"].insert(0, {"model": str(folder / "base")})
    return yaml.safe_dump(document)


def operands(method: str) -> int:
    """How many models the recipe reads."""
    document = yaml.safe_load(recipe(method, Path()))
    listed = {each["model"] for each in document["models"]}
    return len(listed | {document.get("base_model")} - {None})
