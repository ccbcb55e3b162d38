"""Runs: submitting, following, and the protocol with the workers."""
