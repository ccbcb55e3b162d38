"""What integrators notice: middleware, followers, webhooks, tokens."""
