"""States, signed, how a model was made, and checks a model by its statement."""
