"""Whether two merges are the same: the digests of their outputs, and of what they read."""
