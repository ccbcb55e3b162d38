"""One name for each precision, of the many that people write."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_SAME: Final = {
    "bf16": "bfloat16", "fp16": "float16", "half": "float16", "f16": "float16",
    "fp32": "float32", "float": "float32", "f32": "float32", "fp64": "float64",
    "int8": "8bit", "8-bit": "8bit", "int4": "4bit", "4-bit": "4bit", "unknown": "",
}  # fmt: skip
PRECISIONS: Final = tuple(sorted({*_SAME.values()} - {""}))


@lru_cache(maxsize=1000)
def precision_named(written: str | None) -> str:
    """The precision in lower case, as in `bfloat16`; '' if it is unknown."""
    text = " ".join((written or "").lower().split()).removeprefix("torch.")
    return _SAME.get(text, text)
