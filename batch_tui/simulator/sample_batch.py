"""The batch behind the id `message_batch_id`, for clients whose tests send examples from the API reference."""

from __future__ import annotations

from batch_tui.simulator.clock import HOUR, MINUTE
from batch_tui.simulator.draws import key_of
from batch_tui.simulator.lifecycle import Plan

SAMPLE_ID = "message_batch_id"
"""What the official SDKs' tests send where an id belongs."""

_KEY = key_of("sample batch")


def sample_plan(now: int, *, running: bool = False) -> Plan:
    """Four requests that ended half an hour ago, or have half an hour left; nothing ever changes it."""
    ends = now + 30 * MINUTE if running else now - 30 * MINUTE
    return Plan(key=_KEY, created=now - HOUR, ends=ends, succeeded=3, errored=1)
