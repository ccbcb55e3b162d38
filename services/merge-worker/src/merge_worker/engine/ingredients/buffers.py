"""Tensors that a checkpoint stores although the model's code computes them; never merged."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_BUFFER: Final = re.compile(
    r"(^|\.)(inv_freq|original_inv_freq|cos_cached|sin_cached|position_ids|token_type_ids"
    r"|freqs_cis|masked_bias|causal_mask|num_batches_tracked)$"
    r"|(^|\.)h\.\d+\.attn(\.attention)?\.bias$"
    r"|(^|\.)gpt_neox\.layers\.\d+\.attention\.bias$|^layers\.\d+\.attention\.bias$"
)


@lru_cache(maxsize=1 << 16)
def is_buffer(name: str) -> bool:
    """Whether a tensor is a mask, a table of angles or a counter rather than a parameter."""
    return bool(_BUFFER.search(name))
