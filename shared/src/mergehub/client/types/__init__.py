"""The bodies that operations take and answer, by service. `Parent` is another thing in each."""
