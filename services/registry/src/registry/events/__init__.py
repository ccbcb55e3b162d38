"""The feed of everything that the registry tells other services."""
