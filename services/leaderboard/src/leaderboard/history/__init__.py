"""The places that models had on each day."""
