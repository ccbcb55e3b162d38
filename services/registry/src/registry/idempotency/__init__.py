"""`Idempotency-Key`: however often a POST arrives, it takes effect once and answers alike."""
