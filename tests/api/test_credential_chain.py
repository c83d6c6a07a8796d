"""Which credentials are found, in the order of the official SDK, and which files are refused."""

from __future__ import annotations

import json
import os
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api import BatchClient, CredentialsError, find_credentials
from tests.api.conftest import START
from tests.api.profile_files import ACCESS, REFRESH, ProfileFiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FEDERATION = {
    "ANTHROPIC_FEDERATION_RULE_ID": "fdrl_1",
    "ANTHROPIC_ORGANIZATION_ID": "org-1",
    "ANTHROPIC_IDENTITY_TOKEN": "header.claims.signature",
}


@pytest.fixture
def files(tmp_path: Path) -> ProfileFiles:
    found = ProfileFiles(tmp_path / "anthropic")
    found.config()
    found.tokens()
    found.config("work", base_url="https://work.example/", workspace_id="wrkspc_work")
    found.tokens("work", access_token="sk-ant-oat01-test-work")
    return found


@pytest.mark.parametrize(
    ("environ", "source"),
    [
        ({"ANTHROPIC_API_KEY": "test-key", "ANTHROPIC_AUTH_TOKEN": "t"}, "ANTHROPIC_API_KEY"),
        ({"ANTHROPIC_API_KEY": " ", "ANTHROPIC_AUTH_TOKEN": "t", "ANTHROPIC_PROFILE": "work"}, "ANTHROPIC_AUTH_TOKEN"),
        ({"ANTHROPIC_PROFILE": "work", **FEDERATION}, "profile 'work'"),
        (FEDERATION, "ANTHROPIC_FEDERATION_RULE_ID"),
        ({**FEDERATION, "ANTHROPIC_IDENTITY_TOKEN": ""}, "profile 'default'"),
        ({}, "profile 'default'"),
        ({"ANTHROPIC_API_KEY": "", "ANTHROPIC_PROFILE": ""}, "profile 'default'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_first_that_is_there_wins(files: ProfileFiles, environ: dict[str, str], source: str) -> None:
    found = find_credentials(files.environ | environ)
    assert found.source == source
    assert found.credentials is not None


def test_the_active_profile_is_the_one_pointed_to(files: ProfileFiles) -> None:
    files.point_to("work")
    found = find_credentials(files.environ)
    assert found.credentials is not None
    assert (found.source, found.base_url, found.credentials.workspace_id) == (
        "profile 'work'",
        "https://work.example",
        "wrkspc_work",
    )
    files.point_to("  ")
    assert find_credentials(files.environ).source == "profile 'default'"
    assert find_credentials(files.environ, profile="work").source == "profile 'work'"


def test_the_home_directory_is_searched_without_being_told(tmp_path: Path) -> None:
    at_home = ProfileFiles(tmp_path / ".config" / "anthropic")
    assert find_credentials({"HOME": str(tmp_path)}).credentials is None
    path = at_home.config()
    assert find_credentials({"HOME": str(tmp_path)}).source == "profile 'default'"
    # Nobody asked for it: it is passed over, but the first request says why.
    path.chmod(0o666)
    found = find_credentials({"HOME": str(tmp_path)})
    assert found.credentials is None
    assert found.problem is not None
    with BatchClient(environ={"HOME": str(tmp_path)}) as client, pytest.raises(CredentialsError, match="chmod go-w"):
        client.messages.batches.retrieve("b")


def test_a_client_takes_address_and_workspace_of_its_profile_unless_told_otherwise(files: ProfileFiles) -> None:
    client = BatchClient(profile="work", environ=files.environ)
    assert client.base_url == "https://work.example"
    told = BatchClient(profile="work", base_url="https://other.example", workspace_id="wrkspc_2", environ=files.environ)
    assert told.base_url == "https://other.example"
    environ = {**files.environ, "ANTHROPIC_BASE_URL": "https://env.example"}
    assert BatchClient(profile="work", environ=environ).base_url == "https://env.example"
    with pytest.raises(ValueError, match="only one"):
        BatchClient("test-key", profile="work", environ=files.environ)


def test_custom_headers_of_the_environment_are_sent() -> None:
    environ = {"ANTHROPIC_CUSTOM_HEADERS": "x-team: a: b\nno colon\n X-Two :2"}
    headers = BatchClient("test-key", environ=environ, default_headers={"x-two": "3"})._options.default_headers
    assert dict(headers) == {"x-team": "a: b", "X-Two": "2", "x-two": "3"}


def _point_nowhere(files: ProfileFiles) -> None:
    files.point_to("gone")


def _write_config(text: str) -> Callable[[ProfileFiles], object]:
    return lambda files: files.config().write_text(text)


BROKEN_PROFILES: dict[str, tuple[Callable[[ProfileFiles], object], dict[str, str], str]] = {
    "named but missing": (lambda files: None, {"ANTHROPIC_PROFILE": "gone"}, "no profile 'gone'"),
    "pointed to but missing": (_point_nowhere, {}, "no profile 'gone'"),
    "a name with a path": (lambda files: None, {"ANTHROPIC_PROFILE": "../x"}, "cannot be the name"),
    "a hidden name": (lambda files: None, {"ANTHROPIC_PROFILE": ".x"}, "cannot be the name"),
    "a name with blanks": (lambda files: None, {"ANTHROPIC_PROFILE": " x"}, "cannot be the name"),
    "writable by others": (lambda files: files.config().chmod(0o664), {}, "run `chmod go-w"),
    "no JSON": (_write_config("{"), {}, "not a JSON object"),
    "no object": (_write_config("[]"), {}, "not a JSON object"),
    "a number for a text": (lambda files: files.config(workspace_id=7), {}, "workspace_id must be text"),
    "no authentication": (lambda files: files.config(authentication=None), {}, "authentication.type"),
    "unknown authentication": (lambda files: files.config(authentication={"type": "x"}), {}, "authentication.type"),
    "renewed over plain http": (lambda files: files.config(base_url="http://10.0.0.1"), {}, "plain http"),
    "federation without a rule": (
        lambda files: files.config(authentication={"type": "oidc_federation"}),
        {},
        "federation_rule_id",
    ),
    "federation without an identity": (
        lambda files: files.config(authentication={"type": "oidc_federation", "federation_rule_id": "f"}),
        {},
        "identity_token",
    ),
}


@pytest.mark.parametrize("case", BROKEN_PROFILES.values(), ids=list(BROKEN_PROFILES))
def test_a_profile_asked_for_that_cannot_be_used_is_an_error(files: ProfileFiles, case: Any) -> None:
    break_it, environ, said = case
    break_it(files)
    with pytest.raises(CredentialsError, match=said):
        find_credentials(files.environ | environ)


def test_a_config_that_leads_out_of_its_directory_is_refused(files: ProfileFiles, tmp_path: Path) -> None:
    outside = files.config().rename(tmp_path / "outside.json")
    (files.directory / "configs" / "default.json").symlink_to(outside)
    with pytest.raises(CredentialsError, match="leads out of"):
        find_credentials(files.environ)


def _symlink(files: ProfileFiles) -> None:
    path = files.tokens()
    path.symlink_to(path.rename(files.directory / "elsewhere.json"))


def _pipe(files: ProfileFiles) -> None:
    path = files.tokens()
    path.unlink()
    os.mkfifo(path, 0o600)


def _write_tokens(text: str) -> Callable[[ProfileFiles], object]:
    return lambda files: files.tokens().write_text(text)


BROKEN_TOKENS: dict[str, tuple[Callable[[ProfileFiles], object], str]] = {
    "missing": (lambda files: files.tokens().unlink(), "Log in again with `ant auth login`"),
    "readable by the group": (lambda files: files.tokens().chmod(0o640), "run `chmod 600"),
    "writable by others": (lambda files: files.tokens().chmod(0o602), "run `chmod 600"),
    "a symbolic link": (_symlink, "symbolic link"),
    "a pipe": (_pipe, "not a file"),
    "no JSON": (_write_tokens('{"access_token":"' + ACCESS), "not a JSON object"),
    "a bare token": (_write_tokens(json.dumps(ACCESS)), "not a JSON object"),
    "too large": (_write_tokens(" " * 1_100_000), "larger than 1 MB"),
    "another kind": (lambda files: files.tokens(type="private_key"), "holds no access token"),
    "no token": (lambda files: files.tokens(access_token=None), "holds no access token"),
    "a time in words": (lambda files: files.tokens(expires_at="soon"), "Unix seconds"),
    "a token with a line break": (lambda files: files.tokens(access_token=f"{ACCESS}\nx"), "characters"),
}


@pytest.mark.parametrize("case", BROKEN_TOKENS.values(), ids=list(BROKEN_TOKENS))
def test_tokens_that_others_could_know_or_that_are_none_are_refused(files: ProfileFiles, case: Any) -> None:
    break_it, said = case
    break_it(files)
    credentials = find_credentials(files.environ, now=lambda: START).credentials
    assert credentials is not None
    with pytest.raises(CredentialsError, match=said) as caught:
        credentials.renew()
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    link: BaseException | None = caught.value
    while link is not None:
        shown += repr(vars(link))
        link = link.__cause__ or link.__context__
    assert ACCESS not in shown
    assert REFRESH not in shown


def test_a_profile_may_keep_its_tokens_elsewhere(files: ProfileFiles, tmp_path: Path) -> None:
    moved = files.tokens().rename(tmp_path / "tokens.json")
    files.config(authentication={"type": "user_oauth", "client_id": "c", "credentials_path": str(moved)})
    credentials = find_credentials(files.environ).credentials
    assert credentials is not None
    credentials.renew()
    assert credentials.headers("x-api-key") == {
        "authorization": f"Bearer {ACCESS}",
        "anthropic-beta": "oauth-2025-04-20",
    }


def test_nothing_is_written(files: ProfileFiles) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files.directory.rglob("*.json")}
    credentials = find_credentials(files.environ).credentials
    assert credentials is not None
    credentials.renew()
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in files.directory.rglob("*.json")} == before
