"""Measuring models with lm-evaluation-harness: offline, on local tasks, running no foreign code."""
