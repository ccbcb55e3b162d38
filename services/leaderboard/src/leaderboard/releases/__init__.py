"""Releases of boards: numbered, citable, and the same for ever."""
