"""Machine code of formulas, threads, and buffers."""
