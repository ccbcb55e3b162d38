"""Boards: rankings of models whose results are comparable."""
