"""Ablations: what each ingredient of a merge adds, as a worker measured it by leaving it out."""
