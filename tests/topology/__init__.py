"""The deployment of docker-compose.yml on this machine, without a container engine.

Every service of the file runs with its own command, variables, secrets, volumes and user in
namespaces of its own (network, mounts, processes), on a bridge with the others. The images'
programs come from this repository and from the wheels of PostgreSQL, Valkey, SeaweedFS and Caddy.
It needs root on Linux.
"""
