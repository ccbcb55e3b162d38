"""The benchmarks; each module runs alone, as in `python -m benchmarks.merge`."""
