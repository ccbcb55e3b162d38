"""`Idempotency-Key`: a repeated POST takes effect once, and every repetition gets its answer."""
