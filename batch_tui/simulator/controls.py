"""The simulator's own endpoints under `/__sim__/`: what was asked, what shall go wrong, what time it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from batch_tui.simulator.clock import instant, stamp
from batch_tui.simulator.faults import Fault
from batch_tui.simulator.wire import compact

if TYPE_CHECKING:
    from starlette.requests import Request

    from batch_tui.simulator.chaos import Faults
    from batch_tui.simulator.clock import ShiftedClock
    from batch_tui.simulator.request_log import RequestLog


_CONTENTS = {
    "GET /__sim__/": "this list",
    "GET /__sim__/requests": "how many requests were served, and the last 1,000",
    "POST /__sim__/faults": f"arm a fault; fields: {', '.join(Fault.__struct_fields__)}",
    "DELETE /__sim__/faults": "forget the faults not used up",
    "GET /__sim__/clock": "the simulated instant",
    "POST /__sim__/clock": 'move it on: {"advance": seconds}',
}


class _Advance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    advance: float


def control_routes(log: RequestLog, faults: Faults, clock: ShiftedClock) -> list[Route]:
    """Paths and methods; none of them needs a key.

    `_CONTENTS` says which, and `GET /__sim__/` shows it. What is wrong with a body is said under `error`, with 400.
    """

    async def contents(_request: Request) -> Response:
        return _json(compact(_CONTENTS))

    async def requests(_request: Request) -> Response:
        count, served = log.read()
        return _json(msgspec.json.encode({"count": count, "requests": served}))

    async def arm(request: Request) -> Response:
        try:
            faults.arm(msgspec.json.decode(await request.body(), type=Fault))
        except ValueError as problem:
            return _wrong(problem)
        return _json(b"{}")

    async def disarm(_request: Request) -> Response:
        faults.disarm()
        return _json(b"{}")

    async def tell(_request: Request) -> Response:
        return _json(compact({"now": stamp(instant(clock()))}))

    async def advance(request: Request) -> Response:
        try:
            clock.advance(msgspec.json.decode(await request.body(), type=_Advance).advance)
        except ValueError as problem:
            return _wrong(problem)
        return await tell(request)

    return [
        Route("/__sim__/", contents, methods=["GET"]),
        Route("/__sim__/requests", requests, methods=["GET"]),
        Route("/__sim__/faults", arm, methods=["POST"]),
        Route("/__sim__/faults", disarm, methods=["DELETE"]),
        Route("/__sim__/clock", tell, methods=["GET"]),
        Route("/__sim__/clock", advance, methods=["POST"]),
    ]


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")


def _wrong(problem: ValueError) -> Response:
    return _json(compact({"error": str(problem)}), 400)
