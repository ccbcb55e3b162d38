"""What lineage knows of models that are to be merged."""
