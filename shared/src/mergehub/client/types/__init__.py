"""The bodies that operations take and answer, by service. Each service's `Parent` is different."""
