"""Going over to another profile: what of the command line still holds, and what is said of each profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from batch_tui import profile_choice
from batch_tui.profile_choice import read_profiles, settings_for

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

FLAGS = {"profile": None, "base_url": "http://127.0.0.1:1", "read_only": True, "theme": None}


def addresses(config: Path, monkeypatch: pytest.MonkeyPatch, *, environment: str | None) -> dict[str, str]:
    """Where the key of each profile would go, for a command line that started with `one`."""
    monkeypatch.setattr(profile_choice, "default_config_path", lambda: config)
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    if environment is not None:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", environment)
    config.write_text(
        "[profiles.one]\nbase_url = 'https://one.example'\n[profiles.two]\nbase_url = 'https://two.example'\n"
        "[profiles.plain]\n"
    )
    return {name: settings_for(name, FLAGS, "one").base_url for name in ("one", "two", "plain")}


def test_the_key_of_another_profile_never_goes_to_an_address_given_for_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read-only holds for all of them."""
    assert addresses(tmp_path / "config.toml", monkeypatch, environment=None) == {
        "one": "http://127.0.0.1:1",
        "two": "https://two.example",
        "plain": "https://api.anthropic.com",
    }
    assert settings_for("two", FLAGS, "one").read_only


def test_an_address_in_the_environment_does_not_overrule_that_of_a_profile_gone_over_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One without an address of its own goes where the environment says, as it would if started with."""
    assert addresses(tmp_path / "config.toml", monkeypatch, environment="https://gateway.example") == {
        "one": "http://127.0.0.1:1",
        "two": "https://two.example",
        "plain": "https://gateway.example",
    }


def test_each_profile_is_looked_at_as_if_started_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that cannot be used is offered with the reason; the keys are looked at too."""
    config = tmp_path / "config.toml"
    monkeypatch.setattr(profile_choice, "default_config_path", lambda: config)
    monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    config.write_text(
        "profile = 'one'\n[profiles.one]\n[profiles.blue]\ntheme = 'blue'\n"
        "[profiles.slip]\nkeys = { cancel = 'k' }\n[profiles.two]\nbase_url = 'https://two.example/x'\n"
    )
    found = {one.name: one for one in read_profiles(FLAGS, "one").choices}
    assert list(found) == ["default", "blue", "one", "slip", "two"]
    assert found["one"].about == "127.0.0.1:1 · read-only"
    assert found["two"].about == "two.example · read-only"
    assert "theme must be" in (found["blue"].problem or "")
    assert "batch.cancel cannot be 'k'" in (found["slip"].problem or "")
    config.write_text("broken = [")
    broken = read_profiles(FLAGS, "one")
    assert not broken.choices
    assert "not valid TOML" in (broken.problem or "")
