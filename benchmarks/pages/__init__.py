"""How fast the pages are in a browser without a graphics processor."""
