"""The middleware that every request passes before its route, one concern in each file."""
