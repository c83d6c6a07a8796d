"""Logins that end: renewed in time, by one at a time, in memory only; and what is said when they cannot be."""

from __future__ import annotations

import json
import os
import stat
import threading
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from batch_tui.api import (
    APIConnectionError,
    APIResponseValidationError,
    AuthenticationError,
    BatchClient,
    CredentialsError,
    ServiceUnavailableError,
)
from batch_tui.api.access_tokens import AccessToken, LoginCredentials
from tests.api import samples
from tests.api.conftest import START, VirtualTime
from tests.api.profile_files import ACCESS, REFRESH, ProfileFiles
from tests.api.scripted_server import Reply, ScriptedServer, error_reply, json_reply

if TYPE_CHECKING:
    from pathlib import Path

    from tests.api.conftest import Clients, EitherClient

NOW = START.timestamp()
BATCH = json_reply(samples.batch())
UNAUTHORIZED = error_reply(401, "authentication_error", "Token expired.")


def granted(number: int = 2, **changes: Any) -> Reply:
    fields = {"access_token": f"sk-ant-oat01-test-{number}", "token_type": "Bearer", "expires_in": 3600}
    return json_reply(fields | changes)


class Login:
    """A client whose credentials are the profile's."""

    def __init__(self, files: ProfileFiles, clients: Clients) -> None:
        self.files = files
        self._clients = clients

    def __call__(self, server: ScriptedServer, **arguments: Any) -> EitherClient:
        return self._clients(server.url, api_key=None, environ=self.files.environ, **arguments)


@pytest.fixture
def login(clients: Clients, tmp_path: Path) -> Login:
    files = ProfileFiles(tmp_path)
    files.config()
    return Login(files, clients)


def sent(server: ScriptedServer) -> list[str]:
    """Per request: "token" for the token endpoint, else the bearer token it was made with."""
    return [
        "token" if asked.path == "/v1/oauth/token" else asked.headers["authorization"].removeprefix("Bearer ")
        for asked in server.asked
    ]


async def test_a_token_that_lasts_is_sent_as_it_is(login: Login) -> None:
    login.files.config(workspace_id="wrkspc_1")
    login.files.tokens(expires_at=int(NOW + 121))
    with ScriptedServer(BATCH, BATCH) as server:
        client = login(server)
        await client.call("retrieve", "b")
        await client.call("retrieve", "b")
    assert sent(server) == [ACCESS, ACCESS]
    assert server.asked[0].headers["anthropic-beta"] == "oauth-2025-04-20"
    assert server.asked[0].headers["anthropic-workspace-id"] == "wrkspc_1"


async def test_the_workspace_of_a_login_is_sent_where_no_other_is_named(login: Login) -> None:
    login.files.config(workspace_id="wrkspc_1")
    login.files.tokens()
    with ScriptedServer(BATCH, BATCH, BATCH) as server:
        await login(server, workspace_id="wrkspc_2").call("retrieve", "b")
        await login(server).call("retrieve", "b", workspace_id="wrkspc_3")
        # A key of the call's own belongs to a workspace of its own.
        await login(server).call("retrieve", "b", extra_headers={"X-Api-Key": "other-key"})
    assert [asked.headers.get("anthropic-workspace-id") for asked in server.asked] == ["wrkspc_2", "wrkspc_3", None]


async def test_one_that_ended_is_renewed_and_put_back_for_the_official_cli(login: Login) -> None:
    path = login.files.tokens(expires_at=int(NOW - 5), scope="kept as it is")
    with ScriptedServer(granted(refresh_token="test-refresh-2"), BATCH, BATCH) as server:
        client = login(server)
        await client.call("retrieve", "b")
        await client.call("retrieve", "b")
    assert sent(server) == ["token", "sk-ant-oat01-test-2", "sk-ant-oat01-test-2"]
    asked = server.asked[0]
    assert json.loads(asked.body) == {
        "grant_type": "refresh_token",
        "refresh_token": REFRESH,
        "client_id": "client-1",
    }
    assert asked.method == "POST"
    assert asked.headers["anthropic-beta"] == "oauth-2025-04-20"
    assert "authorization" not in asked.headers
    assert json.loads(path.read_text()) == {
        "version": "1.0",
        "type": "oauth_token",
        "access_token": "sk-ant-oat01-test-2",
        "refresh_token": "test-refresh-2",
        "expires_at": int(NOW + 3600),
        "scope": "kept as it is",
    }
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


async def test_a_second_program_goes_on_with_what_the_first_renewed(login: Login) -> None:
    """A server that gives a new refresh token with each renewal takes no old one."""
    login.files.tokens(expires_at=int(NOW - 5))
    with ScriptedServer(granted(refresh_token="test-refresh-2"), BATCH, BATCH) as server:
        await login(server).call("retrieve", "b")
        await login(server).call("retrieve", "b")
    assert sent(server) == ["token", "sk-ant-oat01-test-2", "sk-ant-oat01-test-2"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_a_login_that_could_not_be_put_back_is_not_used_up(login: Login) -> None:
    path = login.files.tokens(expires_at=int(NOW - 5))
    path.parent.chmod(0o500)
    try:
        with ScriptedServer() as server:
            with pytest.raises(CredentialsError, match="is not writable"):
                await login(server).call("retrieve", "b")
            assert server.asked == []
    finally:
        path.parent.chmod(0o700)


async def test_the_next_renewal_uses_the_refresh_token_that_replaced_the_first(login: Login, time: VirtualTime) -> None:
    login.files.tokens(expires_at=int(NOW - 5))
    replies = [granted(refresh_token="test-refresh-2"), BATCH, granted(3), BATCH]
    with ScriptedServer(*replies) as server:
        client = login(server)
        await client.call("retrieve", "b")
        time.sleep(3590)
        await client.call("retrieve", "b")
    assert sent(server)[2:] == ["token", "sk-ant-oat01-test-3"]
    assert json.loads(server.asked[2].body)["refresh_token"] == "test-refresh-2"


async def test_what_the_official_cli_stored_meanwhile_is_preferred(login: Login, time: VirtualTime) -> None:
    login.files.tokens(expires_at=int(NOW + 200))
    with ScriptedServer(BATCH, BATCH) as server:
        client = login(server)
        await client.call("retrieve", "b")
        time.sleep(190)
        login.files.tokens(access_token="sk-ant-oat01-test-cli", expires_at=int(NOW + 4000))
        await client.call("retrieve", "b")
    assert sent(server) == [ACCESS, "sk-ant-oat01-test-cli"]


async def test_shortly_before_the_end_a_failed_renewal_does_no_harm(login: Login, time: VirtualTime) -> None:
    login.files.tokens(expires_at=int(NOW + 100))
    broken = error_reply(503, "api_error", "Down.")
    with ScriptedServer(BATCH, broken, BATCH, BATCH, granted(), BATCH) as server:
        client = login(server)
        for _ in range(3):
            await client.call("retrieve", "b")
        # A failure is followed by a pause of five seconds.
        time.sleep(5)
        await client.call("retrieve", "b")
    assert sent(server) == [ACCESS, "token", ACCESS, ACCESS, "token", "sk-ant-oat01-test-2"]


async def test_a_refused_token_is_renewed_once_and_the_call_sent_again_at_once(login: Login, time: VirtualTime) -> None:
    login.files.tokens()
    with ScriptedServer(UNAUTHORIZED, granted(), BATCH, UNAUTHORIZED, granted(3), UNAUTHORIZED) as server:
        client = login(server, max_retries=0)
        await client.call("create", requests=[samples.REQUEST])
        with pytest.raises(AuthenticationError):
            await client.call("retrieve", "b")
    assert sent(server) == [
        ACCESS,
        "token",
        "sk-ant-oat01-test-2",
        "sk-ant-oat01-test-2",
        "token",
        "sk-ant-oat01-test-3",
    ]
    assert server.asked[0].body == server.asked[2].body
    assert time.slept == []


REFUSED = json_reply({"error": "invalid_grant", "error_description": f"revoked: {REFRESH}"}, 400)
ENDINGS: dict[str, tuple[Reply, type[Exception], str]] = {
    "revoked": (
        REFUSED,
        CredentialsError,
        r"400 invalid_grant: revoked: \[hidden\].*Log in again with `ant auth login`\.$",
    ),
    "envelope": (error_reply(401, "authentication_error", "No."), CredentialsError, "401 authentication_error: No"),
    "no explanation": (Reply(403, b"<html>"), CredentialsError, "403 no reason given"),
    "redirect": (Reply(307, headers={"location": "/x"}), CredentialsError, "307"),
    "busy": (error_reply(503, "api_error", "Down."), ServiceUnavailableError, "Down"),
    "gone": (Reply(silent=True, ending="close"), APIConnectionError, "login could not be renewed"),
    "login page": (Reply(body=b"<html>"), APIResponseValidationError, "not with a bearer"),
    "no token": (granted(access_token=None), APIResponseValidationError, "not with a bearer"),
    "another kind": (granted(token_type="mac"), APIResponseValidationError, "not with a bearer"),
    "no duration": (granted(expires_in="long"), APIResponseValidationError, "not with a bearer"),
    "endless": (Reply(body=b" " * 1_200_000), APIResponseValidationError, "not with a bearer"),
}


@pytest.mark.parametrize("case", ENDINGS.values(), ids=list(ENDINGS))
async def test_a_renewal_that_fails_says_what_to_do(login: Login, case: Any) -> None:
    reply, kind_of_error, said = case
    login.files.tokens(expires_at=int(NOW - 5))
    with ScriptedServer(reply) as server:
        with pytest.raises(kind_of_error, match=said) as caught:
            await login(server, max_retries=0).call("create", requests=[samples.REQUEST])
        assert sent(server) == ["token"]
    link: BaseException | None = caught.value
    while link is not None:
        assert REFRESH not in f"{link}{vars(link)}"
        assert "httpx" not in type(link).__module__
        link = link.__cause__ or link.__context__


async def test_trouble_at_the_token_endpoint_is_waited_out_like_any_other(login: Login, time: VirtualTime) -> None:
    login.files.tokens(expires_at=int(NOW - 5))
    busy = error_reply(429, "rate_limit_error", "Slow down.", retry_after="7")
    with ScriptedServer(busy, Reply(silent=True, ending="close"), granted(), BATCH) as server:
        assert (await login(server).call("create", requests=[samples.REQUEST])).id == samples.ID
    assert time.slept == [7.0, 1.0]
    assert sent(server) == ["token", "token", "token", "sk-ant-oat01-test-2"]


async def test_without_a_refresh_token_the_command_to_log_in_is_named(login: Login, time: VirtualTime) -> None:
    login.files.config("work")
    login.files.tokens("work", refresh_token=None, expires_at=int(NOW + 20))
    login.files.point_to("work")
    with ScriptedServer(BATCH) as server:
        client = login(server)
        await client.call("retrieve", "b")
        time.sleep(20)
        with pytest.raises(CredentialsError, match="Log in again with `ant auth login --profile work`"):
            await client.call("retrieve", "b")
    assert sent(server) == [ACCESS]


async def test_a_file_that_something_else_keeps_fresh_is_read_for_every_request(login: Login) -> None:
    login.files.config(authentication={"type": "user_oauth"})
    login.files.tokens(expires_at=int(NOW + 10))
    with ScriptedServer(BATCH, BATCH, UNAUTHORIZED, UNAUTHORIZED) as server:
        client = login(server, max_retries=0)
        await client.call("retrieve", "b")
        login.files.tokens(access_token="sk-ant-oat01-test-new")
        await client.call("retrieve", "b")
        with pytest.raises(AuthenticationError):
            await client.call("retrieve", "b")
        login.files.tokens(expires_at=int(NOW - 1))
        with pytest.raises(CredentialsError, match="has ended, and nothing has put another"):
            await client.call("retrieve", "b")
    assert sent(server) == [ACCESS, "sk-ant-oat01-test-new", *["sk-ant-oat01-test-new"] * 2]


@pytest.mark.parametrize("stored", [False, True], ids=["exchanged", "stored by the CLI"])
async def test_federation_exchanges_an_identity_token(login: Login, tmp_path: Path, *, stored: bool) -> None:
    identity = tmp_path / "identity"
    identity.write_text("header.claims.signature\n")
    login.files.config(
        authentication={
            "type": "oidc_federation",
            "federation_rule_id": "fdrl_1",
            "service_account_id": "svac_1",
            "identity_token": {"source": "file", "path": str(identity)},
        },
        workspace_id="wrkspc_1",
    )
    if stored:
        login.files.tokens(expires_at=int(NOW + 1000))
    with ScriptedServer(*([BATCH] if stored else [granted(), BATCH])) as server:
        await login(server).call("retrieve", "b")
    # The token is bound to the workspace, and the header would be ignored.
    assert "anthropic-workspace-id" not in server.asked[-1].headers
    if stored:
        assert sent(server) == [ACCESS]
        return
    assert json.loads(server.asked[0].body) == {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": "header.claims.signature",
        "federation_rule_id": "fdrl_1",
        "organization_id": "00000000-0000-0000-0000-000000000000",
        "service_account_id": "svac_1",
        "workspace_id": "wrkspc_1",
    }
    assert server.asked[0].headers["anthropic-beta"] == "oauth-2025-04-20,oidc-federation-2026-04-01"


async def test_a_refused_federation_says_where_to_look(login: Login, clients: Clients) -> None:
    environ = {
        "ANTHROPIC_FEDERATION_RULE_ID": "fdrl_1",
        "ANTHROPIC_ORGANIZATION_ID": "org-1",
        "ANTHROPIC_IDENTITY_TOKEN": "header.claims.signature",
    }
    with ScriptedServer(json_reply({"error": "invalid_grant"}, 401)) as server:
        client = clients(server.url, api_key=None, environ=environ)
        with pytest.raises(CredentialsError, match="federation rule matches the identity token"):
            await client.call("retrieve", "b")


async def test_an_own_header_needs_no_login(login: Login) -> None:
    with ScriptedServer(BATCH) as server:
        await login(server).call("retrieve", "b", extra_headers={"X-Api-Key": "test-other"})
    assert server.asked[0].headers["x-api-key"] == "test-other"
    assert "authorization" not in server.asked[0].headers


class SlowSource:
    """Gives its token only when all who want one have come; counts how often it is asked."""

    name = "slow login"
    is_kept_by_others = False

    def __init__(self, *, fails: bool = False) -> None:
        self.asked = 0
        self.may_go_on = threading.Event()
        self._fails = fails

    def token(self, *, rejected: bool) -> AccessToken:
        self.asked += 1
        assert self.may_go_on.wait(10)
        if self._fails:
            raise CredentialsError("Ended.")
        return AccessToken(f"test-token-{self.asked}", None)


class CountedLock:
    """A lock that says when so many have come to it."""

    def __init__(self, expected: int, all_there: threading.Event) -> None:
        self._lock = threading.Lock()
        self._missing = threading.Semaphore(expected - 1)
        self._all_there = all_there

    def acquire(self, blocking: bool) -> bool:
        if not self._missing.acquire(blocking=False):
            self._all_there.set()
        return self._lock.acquire(blocking)

    def release(self) -> None:
        self._lock.release()


@pytest.mark.parametrize("fails", [False, True], ids=["renewed", "refused"])
async def test_one_renewal_at_a_time_for_threads_and_loops_alike(*, fails: bool) -> None:
    source = SlowSource(fails=fails)
    credentials = LoginCredentials(source, now=lambda: START)
    credentials._lock = CountedLock(8, source.may_go_on)  # type: ignore[assignment]  # it is used as a lock
    said: list[str] = []

    async def renew() -> None:
        try:
            await anyio.to_thread.run_sync(credentials.renew)
            said.append(credentials.headers()["authorization"])
        except CredentialsError as error:
            said.append(str(error))

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(renew)
    assert said == (["Ended."] if fails else ["Bearer test-token-1"]) * 8
    assert source.asked == 1


def test_a_newer_token_is_not_blamed_for_the_refusal_of_an_older_one() -> None:
    source = SlowSource()
    source.may_go_on.set()
    credentials = LoginCredentials(source, now=lambda: START)
    credentials.renew()
    old = credentials.version
    assert credentials.reject(old)
    assert credentials.is_due()
    credentials.renew()
    credentials.reject(old)
    assert not credentials.is_due()
    assert source.asked == 2
    assert "test-token" not in repr(credentials)


def test_a_sync_and_an_async_client_can_share_one_login(tmp_path: Path) -> None:
    files = ProfileFiles(tmp_path)
    files.config()
    files.tokens(expires_at=int(NOW - 5))
    with ScriptedServer(granted(), BATCH, BATCH) as server:
        shared: dict[str, Any] = {"base_url": server.url, "now": lambda: START}
        first = BatchClient(environ=files.environ, **shared)
        second = BatchClient(credentials=first._options.credentials, environ={}, **shared)
        for client in (first, second):
            client.messages.batches.retrieve("b")
            client.close()
    assert sent(server) == ["token", "sk-ant-oat01-test-2", "sk-ant-oat01-test-2"]
