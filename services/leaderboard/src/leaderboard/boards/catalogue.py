"""The boards that come with Mergehub."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

from leaderboard.boards.definition import Definition


@cache
def built_in() -> Mapping[str, Definition]:
    """All definitions by name, in the order of the files' names."""
    folder = resources.files("leaderboard.boards") / "definitions"
    files = sorted((each for each in folder.iterdir() if each.name.endswith(".yaml")), key=str)
    found = [Definition.model_validate(yaml.safe_load(each.read_bytes())) for each in files]
    return {each.name: each for each in found}
