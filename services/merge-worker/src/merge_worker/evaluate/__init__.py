"""Evaluates models with lm-evaluation-harness: offline, on local tasks, without foreign code."""
