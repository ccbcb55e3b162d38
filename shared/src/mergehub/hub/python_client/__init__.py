"""Writes `mergehub.client.api` and `mergehub.client.types` from the services' OpenAPI documents.

`python -m mergehub.hub.python_client --write`, or `--check` to fail where they are behind.
"""
