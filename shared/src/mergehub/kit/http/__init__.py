"""The application factory, and what endpoints share: pages, parameters, preconditions."""
