"""The merge worker: the engine that merges, and the process that does the registry's runs."""
