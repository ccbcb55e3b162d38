"""Compares the outputs of Mergehub and mergekit, and judges the differences in float64."""
