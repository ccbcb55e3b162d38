"""The lineage service of Mergehub."""
