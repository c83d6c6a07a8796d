"""What happens to unfinished batches when chaos says so: canceling that never ends, or the 24 h running out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from batch_tui.simulator.draws import key_of, units
from batch_tui.simulator.lifecycle import WINDOW

if TYPE_CHECKING:
    from batch_tui.simulator.lifecycle import Plan

NEVER = 2**62
"""An instant that no clock reaches."""


class Misfortune(NamedTuple):
    """The shares of unfinished batches that get stuck when canceled, and that run into their expiry."""

    stuck: float = 0.0
    expired: float = 0.0

    def befall(self, plan: Plan, cancel_at: int | None) -> Plan:
        """The plan as it turns out; which batches are hit depends on their key alone."""
        if self.expired > 0:
            plan = self._expiring(plan)
        if self.stuck > 0 and cancel_at is not None and cancel_at < plan.ends:
            chance = units(key_of(plan.key, "stuck"), 0)
            if chance[0] < self.stuck:
                plan = msgspec.structs.replace(plan, ends=NEVER, wind_down=NEVER)
        return plan

    def _expiring(self, plan: Plan) -> Plan:
        chance = units(key_of(plan.key, "expired"), 0)
        if chance[0] >= self.expired or not plan.succeeded:
            return plan
        late = max(1, int(plan.succeeded * (0.2 + 0.7 * chance[1])))
        return msgspec.structs.replace(
            plan, ends=plan.created + WINDOW, succeeded=plan.succeeded - late, expired=plan.expired + late
        )


NO_MISFORTUNE: Final = Misfortune()
