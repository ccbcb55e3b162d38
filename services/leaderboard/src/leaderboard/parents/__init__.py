"""Parents: which models a merge came from, as the registry's events report it."""
