"""Mergehub's shared library: the recipe language, contracts, service kit and shell."""

__version__ = "0.1.0"
