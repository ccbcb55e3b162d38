"""Parents: what lineage events tell of where a model came from."""
