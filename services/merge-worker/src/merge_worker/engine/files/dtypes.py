"""The element types of safetensors, and which of them the engine computes with."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

ITEMSIZE: Final = MappingProxyType(
    {
        "F64": 8,
        "I64": 8,
        "U64": 8,
        "F32": 4,
        "I32": 4,
        "U32": 4,
        "BF16": 2,
        "F16": 2,
        "I16": 2,
        "U16": 2,
        "F8_E4M3": 1,
        "F8_E5M2": 1,
        "F8_E8M0": 1,
        "I8": 1,
        "U8": 1,
        "BOOL": 1,
    }
)
"""Bytes per element of every type that can be read; only those in `CODES` can be merged."""

BF16: Final = 0
F16: Final = 1
F32: Final = 2
F64: Final = 3

CODES: Final = MappingProxyType({"BF16": BF16, "F16": F16, "F32": F32, "F64": F64})
"""The numbers by which compiled code knows the types that it decodes to float32."""

BY_TORCH_NAME: Final = MappingProxyType({"bfloat16": "BF16", "float16": "F16", "float32": "F32"})
"""The safetensors name of each `dtype` that a recipe may ask for."""

FLOAT32_END: Final = float(2**128 - 2**103)
"""The smallest number that becomes infinite when it is rounded to float32."""

TO_TORCH_NAME: Final = MappingProxyType(
    {code: name for name, code in BY_TORCH_NAME.items()} | {"F64": "float64"}
)


def finite_in_float32(value: float) -> bool:
    """Whether a number is finite, and still is when it is rounded to float32."""
    return abs(value) < FLOAT32_END
