"""What happens to every request before a route sees it, one concern a file."""
