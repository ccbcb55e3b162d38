"""Facts about whole tensors, and the arithmetic that several methods share."""
