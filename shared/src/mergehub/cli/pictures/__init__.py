"""Plots as pictures: drawn once from simple parts, and written as SVG or PNG."""
