"""The tasks that models are evaluated on: local ones, and the harness's own if allowed."""
