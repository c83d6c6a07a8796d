"""Result lines of batches created over HTTP: which request succeeded, and the line it turns into."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from batch_tui.simulator.draws import Shuffle, entropy, key_of, token
from batch_tui.simulator.reply_message import message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from batch_tui.simulator.asked import Asked
    from batch_tui.simulator.lifecycle import Outcome
    from batch_tui.simulator.params_checks import Refusal


class ReplyLines:
    """The result lines of a batch created over HTTP."""

    def __init__(self, key: bytes, asked: Sequence[Asked], refused: int, outcome: Outcome) -> None:
        self._key = key
        self._asked = asked
        self._outcome = outcome
        self._order = Shuffle(len(asked), key_of(key, "order"))
        self._accepted_turn = Shuffle(max(1, len(asked) - refused), key_of(key, "accepted"))
        self._refused_turn = Shuffle(max(1, refused), key_of(key, "refused"))
        self._escape = key[0] % 2 == 0

    def __len__(self) -> int:
        return len(self._asked)

    def line(self, position: int) -> bytes:
        """The line at `position`, without a line end."""
        number = self._order(position)
        asked = self._asked[number]
        material = entropy(self._key, number)
        # Requests never sent share one fate: a batch is canceled or runs out of time.
        result: dict[str, object] = {"type": "expired" if self._outcome.expired else "canceled"}
        if asked.refused is not None:
            if self._refused_turn(asked.place) < self._outcome.errored:
                result = _errored(asked.refused, material)
        elif self._accepted_turn(asked.place) < self._outcome.succeeded:
            result = {"type": "succeeded", "message": message(asked, material, self._outcome.at)}
        line = {"custom_id": asked.custom_id, "result": result}
        return json.dumps(line, separators=(",", ":"), ensure_ascii=self._escape).encode()


def _errored(refused: Refusal, material: bytes) -> dict[str, object]:
    worker = "workerreq_01" + token(material[:22]).decode() if refused.by_worker else None
    error = {
        "details": None if refused.type == "api_error" else {"error_visibility": "user_facing"},
        "type": refused.type,
        "message": refused.message,
    }
    return {"type": "errored", "error": {"type": "error", "error": error, "request_id": worker}}
