"""Base URLs: which are accepted, and what of them may be shown."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

DEFAULT_BASE_URL = "https://api.anthropic.com"


def checked_base_url(text: str, *, allow_plain_http: bool = False) -> str:
    """A base URL without its final slash; a path prefix is kept.

    Raises ValueError if it is not http(s) with a host, has a user, a query or a fragment, or is plain http to
    another machine and `allow_plain_http` is not set. The sentence shows no more of it than scheme and host,
    since the rest may be a secret.
    """
    try:
        parts = urlsplit(text.strip())
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"The base URL cannot be read: {error}.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(
            "The base URL must look like https://api.anthropic.com: http or https, then a host "
            f"(got scheme {parts.scheme!r}, host {host!r})."
        )
    if parts.username is not None or parts.password is not None:
        raise ValueError(f"The base URL for {host} holds a user or password; leave it out.")
    if parts.query or parts.fragment:
        raise ValueError(f"The base URL for {host} has a query or fragment; leave it out.")
    if parts.scheme == "http" and not allow_plain_http and not is_loopback(host):
        raise ValueError(
            f"The base URL for {host} is plain http, which would show the key to the network. "
            "Use https, or set allow_plain_http if that network is your own."
        )
    return text.strip().rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin_of(base_url: str) -> str:
    """Scheme, host and port of a base URL."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}"
