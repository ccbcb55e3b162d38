"""What is measured, beside which peer; each module runs alone: `python -m benchmarks.merge`."""
