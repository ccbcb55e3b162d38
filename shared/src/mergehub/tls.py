"""The TLS of HTTP clients: the authorities are read once, and only where https needs them."""

from __future__ import annotations

import os
import ssl
from functools import cache

import httpx


def tls(url: str) -> ssl.SSLContext:
    """The TLS of a client of `url`; that of an http address trusts no authority."""
    return authorities() if httpx.URL(url).scheme == "https" else _trusting_nobody()


def authorities() -> ssl.SSLContext:
    """TLS that trusts certifi's authorities, or those of SSL_CERT_FILE or SSL_CERT_DIR."""
    return _trusting(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))


@cache
def _trusting(file: str | None, folder: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()  # takes longer than a request: some 40 ms


@cache
def _trusting_nobody() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
