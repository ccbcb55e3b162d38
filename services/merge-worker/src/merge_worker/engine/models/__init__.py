"""Models and adapters as they are stored: configuration, tensors, layers, digests."""
