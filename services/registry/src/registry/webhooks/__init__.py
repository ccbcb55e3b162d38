"""Webhooks: the endpoints that receive events, and the deliveries to them."""
