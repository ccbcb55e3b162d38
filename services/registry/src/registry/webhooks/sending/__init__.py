"""Deliveries on their way: claimed, signed, sent, settled."""
