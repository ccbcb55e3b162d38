"""A complete event of each type, and the page on events that shows them."""
