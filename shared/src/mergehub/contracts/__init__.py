"""Contracts between the services: paths, the run protocol, events and clients."""
