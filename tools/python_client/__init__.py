"""Writes `mergehub.client.api` and `mergehub.client.types` from the services' OpenAPI documents.

`python -m tools.python_client --write` writes them; `--check` fails if they are out of date.
"""
