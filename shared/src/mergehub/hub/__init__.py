"""The whole hub on one machine: real stores from wheels, all services and a worker as children."""
