"""A faithful local stand-in for the Message Batches API; loads its server only when asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from batch_tui.simulator.clock import ManualClock, ScaledClock
    from batch_tui.simulator.faults import Fault
    from batch_tui.simulator.request_log import Served
    from batch_tui.simulator.server import RunningSimulator, Simulator

__all__ = ["Fault", "ManualClock", "RunningSimulator", "ScaledClock", "Served", "Simulator"]


_HOMES = {
    "Fault": "faults",
    "ManualClock": "clock",
    "RunningSimulator": "server",
    "ScaledClock": "clock",
    "Served": "request_log",
    "Simulator": "server",
}


# Hidden from type checkers, which would otherwise take any misspelt name for one of ours.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Import a public name on first use, so that importing the package costs nothing."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
