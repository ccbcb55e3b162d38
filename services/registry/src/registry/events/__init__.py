"""The feed of all events that the registry publishes to other services."""
