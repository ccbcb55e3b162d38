"""From a recipe and headers to the table of output tensors."""
