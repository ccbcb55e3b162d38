"""Facts about whole tensors, and what several methods compute with them."""
