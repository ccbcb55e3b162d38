"""The application factory, and what endpoints share: pages of lists, parameters, preconditions."""
