"""The merge worker: the engine that merges, and the process that runs what the registry asks."""
