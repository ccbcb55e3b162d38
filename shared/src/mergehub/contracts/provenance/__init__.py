"""How a model was made: the digest of each tensor, and what computed it where."""
