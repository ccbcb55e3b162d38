"""The facts of models, in the order in which they changed, for services that follow them."""
