"""Stacks slices into a model: its layers, their configuration, and checks that they fit."""
