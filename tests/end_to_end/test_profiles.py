"""Going over to another profile: its batches, its key, its host, and nothing of the one before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.end_to_end.batch_list import list_is_shown, row_of, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.end_to_end.homes import Home
    from tests.end_to_end.served import SimulatorProcess
    from tests.end_to_end.terminal import Terminal


def test_another_profile_shows_its_own_batches_and_asks_with_its_own_key(
    home: Home, start: Callable[..., Terminal], simulate: Callable[..., SimulatorProcess]
) -> None:
    first = simulate("--batches", "9", "--seed", "1", "--api-key", "key-one")
    second = simulate("--batches", "9", "--seed", "2", "--api-key", "key-two")
    home.config_file(
        f"[profiles.one]\nbase_url = '{first.url}'\napi_key_env = 'KEY_ONE'\n"
        f"[profiles.two]\nbase_url = '{second.url}'\napi_key_env = 'KEY_TWO'\nread_only = true\n"
        "[profiles.none]\napi_key_env = 'NOT_SET'\n"
    )
    keys = {"KEY_ONE": "key-one", "KEY_TWO": "key-two"}
    terminal = start("--profile", "one", environment=keys, secrets=list(keys.values()))
    terminal.wait_for(list_is_shown)
    before = rows(terminal)
    terminal.press("X")
    terminal.wait_for("masked")
    terminal.press("@")
    terminal.wait_for("Go over to profile")
    terminal.wait_for("two .*read-only")
    terminal.press("4")
    terminal.wait_for(f"127.0.0.1:{second.port}")
    terminal.wait_for(list_is_shown)
    terminal.wait_for(lambda _: bool(rows(terminal)) and not any(row_of(terminal, one.shown_id) for one in before))
    assert "read-only" in terminal.text
    assert "masked" in terminal.text
    # One without a key says so, and leads back.
    terminal.press("@")
    terminal.wait_for("Go over to profile")
    terminal.press("2")
    terminal.wait_for("NOT_SET is not set")
    terminal.press("@")
    terminal.wait_for("Go over to profile")
    terminal.press("3")
    terminal.wait_for(f"127.0.0.1:{first.port}")
    terminal.wait_for(list_is_shown)
    assert "read-only" not in terminal.text
    terminal.press("q")
    terminal.expect_exit()
