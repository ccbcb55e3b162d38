"""Benchmarks that people rank models by: what they measure, and what a random guess scores."""
