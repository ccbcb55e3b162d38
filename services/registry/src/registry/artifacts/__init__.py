"""Artifacts: the models of runs, to list, download, pin and delete."""
