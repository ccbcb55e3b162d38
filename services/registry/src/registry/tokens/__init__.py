"""Tokens: who holds them and what they allow."""
