"""Lineage at the size of a whole hub: 2,000,000 models and 5,000,000 edges."""
