"""What the services promise one another: paths, the run protocol, events and clients."""
