"""Settings from `MERGEHUB_…` variables, read once."""
