"""Runs: submitting and following them, and the protocol with the workers."""
