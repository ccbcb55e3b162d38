"""Bitmaps of which the catalogue is made, some of them frozen in its snapshot."""
