"""The run protocol with workers: claim, heartbeat, release, report; and the depth of queues."""
