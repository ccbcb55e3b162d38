"""The `mergehub` command."""
