"""The family of a model: the part of its architecture that names it."""

from __future__ import annotations

import re

_TASK = re.compile(r"(For[A-Z]\w*|LMHeadModel|Model)$")
"""What class names of transformers have behind it."""


def family_of(architecture: str | None) -> str | None:
    """`mistral` for `MistralForCausalLM`; None if the architecture is unknown."""
    if not architecture:
        return None
    return _TASK.sub("", architecture).lower() or architecture.lower()
