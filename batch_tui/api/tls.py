"""Whom a connection trusts: the certificates are read once and shared, since that takes as long as a request."""

from __future__ import annotations

import ssl
import threading
from functools import cache
from urllib.parse import urlsplit

import httpx

_READING = threading.Lock()


def trusted_for(base_url: str, verify: ssl.SSLContext | bool) -> ssl.SSLContext | bool:
    """What a connection to `base_url` is verified with; a context or False is passed on as it is."""
    if verify is not True:
        return verify
    if urlsplit(base_url).scheme == "http":
        # Nothing is ever asked over TLS, as redirects stay on the origin: so nobody is trusted.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with _READING:
        return _public()


@cache
def _public() -> ssl.SSLContext:
    return httpx.create_ssl_context()
