"""Who is asking: tokens, sessions of browsers, scopes, and secrets that are stored sealed."""
