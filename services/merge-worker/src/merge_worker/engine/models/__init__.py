"""Models and adapters as stored: configuration, tensors, layers, digests."""
