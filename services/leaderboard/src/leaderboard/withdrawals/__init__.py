"""Withdrawals: results of one origin that count no more, until they are restored."""
