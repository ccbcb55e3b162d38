"""Measures evaluations beside the `lm_eval` command, and merges scored from memory."""
