"""Verbatim overlap of evaluation items with a text: do items occur in what a model may have read?

The rule is that of the GPT-3 paper (Brown et al. 2020, https://arxiv.org/abs/2005.14165, appendix
C): an item overlaps with a text if they share 13 words in a row, without case and punctuation.
"""

from .index import TooMany
from .items import Item, item_of, read_items
from .matching import Finding, Findings, Hit, find
from .rule import Rule

__all__ = ["Finding", "Findings", "Hit", "Item", "Rule", "TooMany", "find", "item_of", "read_items"]
