"""How soon runs start and how fast they are submitted."""
