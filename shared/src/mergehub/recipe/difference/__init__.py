"""How two recipes differ by meaning: by what they merge and how, not by how they are written."""

from .difference import Difference, Place
from .documents import between, differences

__all__ = ["Difference", "Place", "between", "differences"]
