"""A full run with every kind of credential, and then the search for it in all that the run has left or shown."""

from __future__ import annotations

import gc
import logging
import pickle
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api import APIError, BatchAPIError, CreateUncertain
from batch_tui.results.download import ResultsDownload
from batch_tui.results.store import ResultsStore
from batch_tui.simulator import ManualClock, Simulator
from batch_tui.submission.journal import SubmissionJournal
from tests.api import samples
from tests.api.conftest import each, finish
from tests.api.profile_files import ACCESS, REFRESH, ProfileFiles
from tests.api.scripted_server import Reply, ScriptedServer, error_reply, json_reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.api.conftest import Clients, EitherClient

KEY = "sk-ant-api03-never-to-be-seen"
HANDED = "sk-ant-oat01-never-to-be-seen-either"
SECRETS = (KEY, ACCESS, REFRESH, HANDED)
HOW_GIVEN: dict[str, dict[str, Any]] = {
    "key": {"api_key": KEY},
    "key as bearer": {"api_key": KEY, "auth_style": "bearer"},
    "token": {"api_key": None, "auth_token": KEY},
    "environment": {"api_key": None, "environ": {"ANTHROPIC_API_KEY": KEY}},
    "header of the caller": {"api_key": None, "default_headers": {"X-Api-Key": KEY}},
    "custom headers": {"api_key": None, "environ": {"ANTHROPIC_CUSTOM_HEADERS": f"Authorization: Bearer {KEY}"}},
    "login": {"api_key": None},
}
TROUBLE: list[dict[str, Any]] = [
    {"status": 401, "message": "No."},
    {"status": 529, "count": 9},
    {"reset": "before", "count": 9},
    {"reset": "after", "count": 9},
    {"lose_response": True, "count": 9},
    {"html": True, "count": 9},
    {"redirect": "http://127.0.0.1:9", "count": 9},
]


class Evidence:
    """Everything a run shows, as bytes."""

    def __init__(self) -> None:
        self.shown: list[bytes] = []

    def add(self, *objects: object) -> None:
        """How each prints, what it is made of, and its pickle, if it agrees to be pickled."""
        for one in objects:
            self.shown += [repr(one).encode(), str(one).encode()]
            if hasattr(one, "__dict__"):
                self.shown.append(repr(vars(one)).encode())
            try:
                self.shown.append(pickle.dumps(one))
            # Clients, credentials, generators and closures refuse.
            except (TypeError, AttributeError, pickle.PicklingError) as refusal:
                self.shown.append(str(refusal).encode())

    def add_error(self, error: BaseException) -> None:
        """Its traceback with all local variables, as a crash reporter would send it, and all errors behind it."""
        told = traceback.TracebackException.from_exception(error, capture_locals=True, compact=False)
        # The caller's own frames hold what the caller holds.
        del told.stack[0]
        self.shown.append("".join(told.format(chain=True)).encode())
        link: BaseException | None = error
        while link is not None:
            self.add(link)
            link = link.__cause__ or link.__context__

    def hold(self, secret: str) -> list[bytes]:
        """The pieces that give it away."""
        return [piece for piece in self.shown if secret.encode() in piece]


class Notes(logging.Handler):
    """Keeps every log record of every library, at every level."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(level=1)
        self._evidence = evidence

    def emit(self, record: logging.LogRecord) -> None:
        self._evidence.shown.append(f"{record.getMessage()} {record.args!r} {record.exc_text}".encode())


@pytest.fixture
def evidence() -> Iterator[Evidence]:
    found = Evidence()
    notes = Notes(found)
    root = logging.getLogger()
    level = root.level
    root.setLevel(1)
    root.addHandler(notes)
    yield found
    root.removeHandler(notes)
    root.setLevel(level)


@pytest.fixture
def files(tmp_path: Path) -> ProfileFiles:
    """A login that has ended, so that it is renewed at the first request."""
    made = ProfileFiles(tmp_path / "login")
    made.config()
    made.tokens(expires_at=1)
    return made


async def attempted(evidence: Evidence, client: EitherClient, method: str, *arguments: Any, **named: Any) -> Any:
    """Call, and look at what comes; None for an error."""
    try:
        answer = await client.call(method, *arguments, **named)
        evidence.add(answer)
        if method == "results":
            async for row in each(answer):
                evidence.add(row)
    except BatchAPIError as error:
        evidence.add_error(error)
        return None
    return answer


async def run(evidence: Evidence, client: EitherClient, clock: ManualClock, trouble: Any) -> str:
    """All calls in fair weather, each once in every trouble; the id of a batch that has ended."""
    batches = client.client.messages.batches
    evidence.add(client.client, client.client._options, client.client._connections, batches, batches.with_raw_response)
    evidence.add(client.client.with_options(max_retries=1), client.client._options.credentials)
    made = await attempted(evidence, client, "create", requests=[samples.REQUEST])
    await attempted(evidence, client, "cancel", made.id)
    clock.advance(minutes=5)
    ended = await attempted(evidence, client, "create", requests=[samples.REQUEST])
    clock.advance(minutes=5)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("retrieve", {"message_batch_id": ended.id}),
        ("list", {"limit": 2}),
        ("results", {"message_batch_id": ended.id}),
        ("create", {"requests": [samples.REQUEST]}),
        ("cancel", {"message_batch_id": "msgbatch_nobody"}),
        ("delete", {"message_batch_id": "msgbatch_nobody"}),
    ]
    for method, named in calls:
        await attempted(evidence, client, method, **named)
        raw = getattr(batches.with_raw_response, method)
        try:
            answer = await finish(raw(**named))
            evidence.add(answer, answer.headers, answer.url, await finish(answer.parse()))
        except BatchAPIError as error:
            evidence.add_error(error)
        for fault in TROUBLE:
            trouble.arm(**fault)
            await attempted(evidence, client, method, **named)
            trouble.disarm()
    trouble.arm(cut_results_at=0.5)
    await attempted(evidence, client, "results", ended.id)
    doubt = CreateUncertain(sent_at=clock(), count=1, cause=APIError("lost"))
    await attempted(evidence, client, "find_created", doubt)
    await attempted(evidence, client, "delete", made.id)
    batch_id: str = ended.id
    return batch_id


def names_of_files_with(secret: str, directory: Path) -> list[str]:
    return [path.name for path in directory.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]


@pytest.mark.parametrize("how", HOW_GIVEN)
async def test_a_full_run_shows_the_secret_nowhere(
    clients: Clients, kind: str, how: str, evidence: Evidence, files: ProfileFiles, tmp_path: Path
) -> None:
    """Logs of every library at every level, reprs, attributes, tracebacks with locals, pickles, files, call records."""
    clock = ManualClock()
    granted = json_reply({"access_token": HANDED, "token_type": "Bearer", "expires_in": 3600})
    refused = json_reply({"error": "invalid_grant", "error_description": f"Not {REFRESH}"}, 400)
    bad = [
        error_reply(503, "api_error", REFRESH),
        Reply(silent=True, ending="close"),
        refused,
        json_reply({"access": 5}),
    ]
    with (
        ScriptedServer(granted, *bad) as login,
        Simulator(now=clock, batches=8, api_key=HANDED if how == "login" else KEY) as url,
    ):
        arguments = dict(HOW_GIVEN[how])
        if how == "login":
            # Tokens come from the address of the profile; the calls go to the other.
            files.config(base_url=login.url)
            arguments["environ"] = files.environ
        client = clients(url, max_retries=1, on_call=evidence.add, **arguments)
        batch_id = await run(evidence, client, clock, url)
        if kind == "sync":
            store = ResultsStore(tmp_path / "cache", url.url)
            source: Any = client.client.messages.batches
            evidence.add(ResultsDownload(source, batch_id, store, expected=1).run())
            SubmissionJournal(tmp_path / "journal").uncertain(
                SubmissionJournal(tmp_path / "journal").intend(count=1, digest="0" * 64, origin=url.url), "lost"
            )
        assert any(served.status == 200 for served in url.requests())
        if how == "login":
            assert len(login.asked) > len(bad)
        # The simulator's own log, which others may read.
        evidence.add(url.requests())
    assert len(evidence.shown) > 500
    kept = (HANDED if how == "login" else ACCESS, REFRESH)
    for secret in SECRETS:
        assert evidence.hold(secret) == []
        # The file that the official CLI keeps them in, and no other.
        assert names_of_files_with(secret, tmp_path) == (["default.json"] if secret in kept else [])


async def test_a_server_that_says_the_secret_is_not_repeated(clients: Clients, evidence: Evidence) -> None:
    """In a refusal, in its headers, in a batch, in a page of results, in a redirect; before and after parsing."""
    echo = {"x-echo": KEY, "request-id": f"req_{KEY}", "content-type": "text/html"}
    told: list[Reply] = [
        error_reply(401, "authentication_error", f"Key {KEY} is invalid."),
        Reply(500, f"<html>{KEY}</html>".encode(), echo),
        Reply(307, b"", {"location": f"https://other.example/{KEY}"}),
        Reply(200, f"<html><title>{KEY}</title>".encode(), echo),
        json_reply(samples.batch(note=KEY), request_id=f"req_{KEY}"),
    ]
    with ScriptedServer(*told, *told) as server:
        client = clients(server.url, api_key=KEY, max_retries=0)
        for _ in told:
            await attempted(evidence, client, "retrieve", "b")
        # A line of results that holds the secret is the user's data, and is given as it is.
        for _ in told[:-1]:
            await attempted(evidence, client, "results", "b")
        assert len(server.asked) == 2 * len(told) - 1
    # What httpcore logs at its lowest level is the wire itself, echo and all; nobody turns that on by accident.
    shown = [piece for piece in evidence.hold(KEY) if b"receive_response_headers" not in piece]
    assert shown == []


def test_the_search_finds_what_it_is_for(evidence: Evidence) -> None:
    """A secret in a repr, a local variable, an attribute, a log or a cause is found."""

    class Careless(Exception):
        def __init__(self) -> None:
            super().__init__("lost")
            self.key = KEY

    def careless() -> None:
        held = KEY
        raise ValueError("lost" + held[:0])

    evidence.add(Careless())
    for broken in (careless, lambda: (_ for _ in ()).throw(ValueError(KEY))):
        try:
            broken()
        except ValueError as error:
            evidence.add_error(error)
    logging.getLogger("careless").debug("%s", KEY)
    gc.collect()
    assert len(evidence.hold(KEY)) >= 4
    assert sys.exc_info() == (None, None, None)
