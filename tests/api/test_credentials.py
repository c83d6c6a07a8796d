"""Where the key comes from, what it becomes, and that nothing shows it."""

from __future__ import annotations

import copy
import pickle

import pytest

from batch_tui.api import Credentials, CredentialsError
from batch_tui.api.credentials import base_url_from, credentials_from, hide


def test_a_key_travels_as_the_style_says() -> None:
    key = Credentials(api_key="test-key")
    assert key.headers() == {"x-api-key": "test-key"}
    assert key.headers("bearer") == {"authorization": "Bearer test-key"}


def test_a_token_is_always_a_bearer() -> None:
    assert Credentials(auth_token="test-key").headers("x-api-key") == {"authorization": "Bearer test-key"}


@pytest.mark.parametrize("name", ["api_key", "auth_token"])
def test_an_oauth_token_brings_its_beta(name: str) -> None:
    headers = Credentials(**{name: "sk-ant-oat01-test"}).headers("x-api-key")
    assert headers == {
        "authorization": "Bearer sk-ant-oat01-test",
        "anthropic-beta": "oauth-2025-04-20",
    }


def test_environment_in_order() -> None:
    both = {"ANTHROPIC_API_KEY": "test-key\n", "ANTHROPIC_AUTH_TOKEN": "test-token"}
    found = credentials_from(both)
    assert found is not None
    assert found.headers() == {"x-api-key": "test-key"}
    token = credentials_from({**both, "ANTHROPIC_API_KEY": ""})
    assert token is not None
    assert token.kind == "auth_token"
    assert credentials_from({}) is None
    assert base_url_from({"ANTHROPIC_BASE_URL": " http://127.0.0.1 "}) == "http://127.0.0.1"
    assert base_url_from({"ANTHROPIC_BASE_URL": ""}) is None


@pytest.mark.parametrize("bad", ["", "  ", "test key-abc", "test\nkey-abc", "tést-key-abc", "test\x00key-abc"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(bad: str) -> None:
    with pytest.raises(CredentialsError) as caught:
        Credentials(api_key=bad)
    assert "key-abc" not in str(caught.value)


def test_exactly_one_credential() -> None:
    with pytest.raises(ValueError, match="only one"):
        Credentials()
    with pytest.raises(ValueError, match="only one"):
        Credentials(api_key="a", auth_token="b")


def test_nothing_shows_the_secret() -> None:
    key = Credentials(api_key="test-key")
    assert "test-key" not in repr(key) + str(key)
    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(TypeError):
        copy.deepcopy(key)
    assert hide(("test-key", "other-key"), b"key test-key is wrong") == b"key [hidden] is wrong"
    assert hide(("a",), b"a cat") == b"a cat"
