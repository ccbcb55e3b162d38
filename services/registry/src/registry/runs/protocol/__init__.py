"""The run protocol as workers speak it: claim, heartbeat, release, report; and what waits."""
