"""Identity of callers: tokens, browser sessions, scopes, and secrets that are stored encrypted."""
