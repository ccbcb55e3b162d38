"""Does a run: claim, child process, heartbeats, report."""
