"""A loopback server of the list and of single batches, scripted where the simulator is too well behaved."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qs, urlsplit

import anyio

if TYPE_CHECKING:
    from types import TracebackType

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def made(name: str, age: float, *, status: str = "ended") -> dict[str, Any]:
    """A batch on the wire, created `age` seconds before noon."""
    created = NOON - timedelta(seconds=age)
    return {
        "id": name,
        "type": "message_batch",
        "processing_status": status,
        "request_counts": {"processing": 1, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
        "created_at": created.isoformat(),
        "expires_at": (created + timedelta(days=1)).isoformat(),
        "ended_at": created.isoformat() if status == "ended" else None,
    }


class ListServer:
    """Serves `batches`, newest first, in the loop of the test.

    `unlisted` exist but are left out of pages, as by a list that lags. While `gate` is set, requests wait for it.
    """

    def __init__(self, batches: list[dict[str, Any]]) -> None:
        self.batches = batches
        self.unlisted: set[str] = set()
        self.says_more = True
        self.not_found: set[str] = set()
        """Listed, and yet a retrieve of them is a 404."""
        self.ignores_before = False
        self.refuse_after: int | None = None
        """Answer 500 to everything after so many more requests."""
        self.gate: anyio.Event | None = None
        self.reply: tuple[int, dict[str, str], bytes] | None = None
        """Answer everything with this."""
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        self.arrived = anyio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        target = head.split()[1].decode()
        self.asked.append(target.removeprefix("/v1/messages/batches"))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        self.arrived.set()
        if self.gate is not None:
            await self.gate.wait()
        status, headers, body = self.reply or self._answer(target)
        if self.refuse_after is not None:
            self.refuse_after -= 1
            if self.refuse_after < 0:
                status, headers, body = _json(500, {})
        lines = [f"HTTP/1.1 {status} Scripted", f"content-length: {len(body)}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.at_once -= 1
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode() + body)
        writer.close()
        await writer.wait_closed()

    def _answer(self, target: str) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(target)
        name = parts.path.removeprefix("/v1/messages/batches").strip("/")
        if not name:
            return self._page({key: values[0] for key, values in parse_qs(parts.query).items()})
        found = next((one for one in self.batches if one["id"] == name), None)
        return _refusal() if found is None or name in self.not_found else _json(200, found)

    def _page(self, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        place, limit = 0, int(query["limit"])
        if after := query.get("after_id"):
            ids = [one["id"] for one in self.batches]
            if after not in ids:
                return _refusal()
            place = ids.index(after) + 1
        before = None if self.ignores_before else query.get("before_id")
        if before is not None:
            newer = self.batches[: [one["id"] for one in self.batches].index(before)]
            return _json(200, {"data": newer[-limit:], "has_more": len(newer) > limit})
        rest = [one for one in self.batches[place:] if one["id"] not in self.unlisted]
        page: dict[str, Any] = {"data": rest[:limit]}
        if self.says_more:
            page["has_more"] = len(rest) > limit
        return _json(200, page)


def _json(status: int, value: object) -> tuple[int, dict[str, str], bytes]:
    return status, {"content-type": "application/json"}, json.dumps(value).encode()


def _refusal() -> tuple[int, dict[str, str], bytes]:
    return _json(404, {"type": "error", "error": {"type": "not_found_error", "message": "not found"}})
