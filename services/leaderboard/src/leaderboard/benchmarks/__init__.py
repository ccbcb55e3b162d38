"""Benchmarks: what was measured, in which version and by which metric."""
