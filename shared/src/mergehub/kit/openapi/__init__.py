"""Additions to the OpenAPI document that FastAPI makes from the routes."""
