"""Imports: results that people bring, checked row by row, as facts."""
