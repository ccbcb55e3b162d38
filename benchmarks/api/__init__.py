"""Benchmarks of what API clients notice: middleware, followers, webhooks, tokens."""
