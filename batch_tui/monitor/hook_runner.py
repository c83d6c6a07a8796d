"""Runs the user's own commands when something happened to a batch: no shell, no key, a time limit."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import anyio

from batch_tui.monitor.batch_notes import NO_NOTES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from anyio.abc import ByteReceiveStream, ByteSendStream, Process

    from batch_tui.api.models import MessageBatch
    from batch_tui.monitor.batch_notes import BatchNotes

HookEvent = Literal["on_end", "on_expiring"]

KEYS: Final = frozenset(
    {"ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_IDENTITY_TOKEN", "ANTHROPIC_CUSTOM_HEADERS"}
)
"""Environment variables that may hold a credential; no hook is given them."""

_TAIL = 4096
"""Bytes at the end of what a hook writes to stderr that are kept."""
_LAST_WORDS = 0.5
"""Seconds in which a pipe must end after its process did: a child of the hook may hold it open for ever."""
_MERCY = 2.0
"""Seconds between asking a hook to end and ending it."""


class HookRunner:
    """Runs the command of an event once for each batch, with the batch on stdin as the JSON of the API.

    What the user noted about the batch is in it too, as "local", where there is something.
    `commands` are argument lists; an event without one is ignored. `environ` is given to them without KEYS and what
    is named in `secret`, and with BATCH_TUI_EVENT. `time_limit` in seconds, for each run; at most `at_once` run at
    the same time. Canceling ends the hooks that run.
    """

    def __init__(
        self,
        commands: Mapping[HookEvent, Sequence[str]],
        *,
        environ: Mapping[str, str],
        secret: Collection[str] = (),
        time_limit: float = 30.0,
        at_once: int = 4,
    ) -> None:
        self._commands = {event: tuple(command) for event, command in commands.items() if command}
        self._environ = {name: value for name, value in environ.items() if name not in KEYS and name not in secret}
        self._time_limit = time_limit
        self._at_once = at_once

    def listens_to(self, event: HookEvent) -> bool:
        """Whether there is a command for the event."""
        return event in self._commands

    async def run(
        self, event: HookEvent, batches: Sequence[MessageBatch], notes: Mapping[str, BatchNotes] = NO_NOTES
    ) -> list[str]:
        """Run the command for each batch; a sentence for each that failed, which may hold untrusted text."""
        command = self._commands.get(event)
        failures: list[str] = []
        if command is None:
            return failures
        limiter = anyio.CapacityLimiter(self._at_once)

        async def run_one(batch: MessageBatch) -> None:
            noted = notes.get(batch.id)
            async with limiter:
                problem = await self._run_one(command, event, _json_of(batch, noted))
            if problem is not None:
                which = f"{noted.name}, {batch.id}" if noted is not None and noted.name else batch.id
                failures.append(f"The {event} hook {Path(command[0]).name} {problem} (for {which})")

        async with anyio.create_task_group() as group:
            for batch in batches:
                group.start_soon(run_one, batch)
        return failures

    async def _run_one(self, command: Sequence[str], event: HookEvent, data: bytes) -> str | None:
        """What went wrong, as the rest of a sentence, or None."""
        try:
            process = await anyio.open_process(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=self._environ | {"BATCH_TUI_EVENT": event},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
            return f"could not be started: {reason}. Check [hooks] in the config file."
        said = bytearray()
        try:
            with anyio.move_on_after(self._time_limit):
                await _attend(process, data, said)
        finally:
            in_time = process.returncode is not None
            with anyio.CancelScope(shield=True):
                await _end(process)
        if not in_time:
            return f"took longer than {self._time_limit:g} s and was ended."
        return _problem_with(process.returncode, bytes(said))


def _json_of(batch: MessageBatch, noted: BatchNotes | None) -> bytes:
    said = batch.model_dump_json(warnings=False)
    if noted:
        import json

        # First, so that the API's own key would be the one read, should it ever have one of that name.
        local = {"name": noted.name or None, "tags": noted.tags, "note": noted.note or None}
        said = f'{{"local":{json.dumps(local, ensure_ascii=False)},{said[1:]}'
    return said.encode("utf-8", "backslashreplace") + b"\n"


async def _attend(process: Process, data: bytes, said: bytearray) -> None:
    """Give a hook its input and listen to what it says, until it ends."""
    assert process.stdin is not None  # pipes, as asked for
    assert process.stderr is not None
    silent = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(_feed, process.stdin, data)
        group.start_soon(_listen, process.stderr, said, silent)
        await process.wait()
        with anyio.move_on_after(_LAST_WORDS):
            await silent.wait()
        group.cancel_scope.cancel()


async def _feed(stdin: ByteSendStream, data: bytes) -> None:
    try:
        await stdin.send(data)
        await stdin.aclose()
    except (anyio.BrokenResourceError, anyio.ClosedResourceError, BrokenPipeError, ConnectionResetError):
        # A hook need not read what it is given.
        return


async def _listen(stderr: ByteReceiveStream, said: bytearray, silent: anyio.Event) -> None:
    async for piece in stderr:
        said += piece
        del said[:-_TAIL]
    silent.set()


async def _end(process: Process) -> None:
    """End a hook and what it started, if it still runs, and let go of its pipes."""
    try:
        if process.returncode is None:
            _signal_family(process.pid, signal.SIGTERM)
            with anyio.move_on_after(_MERCY):
                await process.wait()
    finally:
        # Without awaiting: a loop that shuts down cancels this task too, whatever shields it.
        if process.returncode is None:
            _signal_family(process.pid, signal.SIGKILL)
        # Then too: pipes that outlive the loop complain when they are collected.
        await process.aclose()


def _signal_family(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        # It ended by itself at the same moment.
        return


def _problem_with(code: int | None, said: bytes) -> str | None:
    if not code:
        return None
    words = [line for line in said.decode("utf-8", "replace").split("\n") if line.strip()]
    last = f": {words[-1].strip()[:300]}" if words else "."
    if code < 0:
        return f"was ended by signal {-code}{last}"
    return f"ended with code {code}{last}"
