"""A plain HTTP client for tests that look at status, headers and bytes."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADERS = {"x-api-key": "test-key", "anthropic-version": "2023-06-01"}
BATCHES = "/v1/messages/batches"


class Answer(NamedTuple):
    """One response; header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The parsed body."""
        return json.loads(self.body)

    @property
    def message(self) -> str:
        """The text of an error envelope."""
        return str(self.json["error"]["message"])


def ask(
    url: str,
    method: str,
    path: str,
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Send one request; a body that is not bytes is sent as JSON; `headers` replace the usual ones."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
    try:
        payload = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = HEADERS if headers is None else headers
        connection.request(method, path, body=payload, headers=dict(sent))
        response = connection.getresponse()
        names = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, names, response.read())
    finally:
        connection.close()


def status_of(url: str, method: str, path: str, body: object = None) -> int:
    """The status of the answer; 0 where the connection was reset instead."""
    try:
        return ask(url, method, path, body).status
    except ConnectionResetError:
        return 0


def request_of(custom_id: str, text: str = "Hello", /, **params: object) -> dict[str, object]:
    """One entry of `requests` that succeeds unless `params` say otherwise; None removes a key."""
    merged = {
        "model": "claude-opus-5-5",
        "max_tokens": 1024,
        "messages": [{"role": "user", "content": text}],
    } | params
    return {
        "custom_id": custom_id,
        "params": {key: value for key, value in merged.items() if value is not None},
    }
