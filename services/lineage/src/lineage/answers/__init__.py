"""The questions about the graph over HTTP: parameters, answers, pages and streams."""
