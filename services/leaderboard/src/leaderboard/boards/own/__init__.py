"""Boards that people make."""
