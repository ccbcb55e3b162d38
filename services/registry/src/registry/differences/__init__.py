"""How two versions of recipes differ, by meaning."""
