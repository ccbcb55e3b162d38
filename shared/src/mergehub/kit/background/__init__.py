"""What a service does without requests, in a process that imports no web framework."""
