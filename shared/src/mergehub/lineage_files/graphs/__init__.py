"""Graphs with nodes and edges, as other programs write them."""
