"""Sending deliveries: they are claimed, signed, sent and settled."""
