"""Writes `mergehub.client.api` and `mergehub.client.types` from the services' OpenAPI documents.

`python -m tools.python_client --write`, or `--check` to fail where they are behind.
"""
