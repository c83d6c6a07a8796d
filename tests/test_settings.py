"""Settings: who overrides whom, and what is said of a setting that cannot be used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from batch_tui.api.base_url import DEFAULT_BASE_URL
from batch_tui.settings import Hooks, Settings, SettingsError, default_config_path, load_settings

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Where the config file would be."""
    return tmp_path / "config.toml"


def load(
    config: Path, text: str = "", *, flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Settings from this config text."""
    if text:
        config.write_text(text, encoding="utf-8")
    return load_settings(flags or {}, environ or {}, config)


def refusal(config: Path, text: str = "", **sources: Any) -> str:
    """The sentence with which it is refused."""
    with pytest.raises(SettingsError) as caught:
        load(config, text, **sources)
    return str(caught.value)


def test_nothing_chosen_gives_the_defaults(config: Path) -> None:
    """No file is needed; a flag not given is None."""
    flags = {"profile": None, "base_url": None, "cache_dir": None, "theme": None}
    assert load(config, flags=flags) == Settings()
    assert Settings().base_url == DEFAULT_BASE_URL == "https://api.anthropic.com"
    assert default_config_path().name == "config.toml"


def test_flags_beat_environment_beats_profile_beats_file_beats_defaults(config: Path) -> None:
    """One layer is taken away at a time."""
    text = 'base_url = "https://file.example"\n[profiles.work]\nbase_url = "https://profile.example"\n'
    flags: dict[str, Any] = {"profile": "work", "base_url": "https://flag.example"}
    environ = {"ANTHROPIC_BASE_URL": "https://environ.example"}
    assert load(config, text, flags=flags, environ=environ).base_url == "https://flag.example"
    del flags["base_url"]
    assert load(config, flags=flags, environ=environ).base_url == "https://environ.example"
    assert load(config, flags=flags).base_url == "https://profile.example"
    assert load(config).base_url == "https://file.example"
    config.unlink()
    assert load(config).base_url == DEFAULT_BASE_URL


def test_a_profile_changes_only_what_it_names(config: Path) -> None:
    """The rest comes from above it."""
    text = 'theme = "light"\npoll_seconds = 5\n[profiles.a]\npoll_seconds = 7.5\n[profiles.b]\nread_ahead_mb = 0\n'
    assert load(config, text, flags={"profile": "a"}) == Settings(profile="a", theme="light", poll_seconds=7.5)
    both = load(config, flags={"profile": "b"})
    assert (both.profile, both.poll_seconds, both.read_ahead_mb) == ("b", 5, 0)


def test_the_file_may_choose_the_profile_and_a_flag_another(config: Path) -> None:
    """The name that counts is kept."""
    text = 'profile = "a"\n[profiles.a]\ntheme = "light"\n[profiles.b]\n'
    assert (load(config, text).profile, load(config).theme) == ("a", "light")
    chosen = load(config, flags={"profile": "b"})
    assert (chosen.profile, chosen.theme) == ("b", "dark")


def test_a_profile_named_default_is_used_without_being_asked_for(config: Path) -> None:
    """It is what is meant by default."""
    assert load(config, '[profiles.default]\ntheme = "light"\n').theme == "light"


def test_the_keys_of_every_profile_are_known_by_their_variables(config: Path) -> None:
    """So that no hook gets to see one, whichever profile is used."""
    text = """
        api_key_env = "USUAL_KEY"
        [profiles.work]
        api_key_env = "WORK_KEY"
        [profiles.staging]
        api_key_env = "STAGING_KEY"
        """
    wanted = {"ANTHROPIC_API_KEY", "USUAL_KEY", "WORK_KEY", "STAGING_KEY"}
    assert load(config, text).key_variables == wanted
    assert load(config, text, flags={"profile": "work"}).key_variables == wanted


def test_every_setting_can_be_written_down(config: Path, tmp_path: Path) -> None:
    """With the types of TOML."""
    text = f"""
    base_url = "https://proxy.example/anthropic"
    api_version = "2026-10-21"
    auth_style = "bearer"
    workspace_id = "wrkspc_01"
    api_key_env = "WORK_KEY"
    cache_dir = "{tmp_path}"
    theme = "light"
    read_ahead_mb = 0
    poll_seconds = 1
    """
    assert load(config, text) == Settings(
        base_url="https://proxy.example/anthropic",
        api_version="2026-10-21",
        auth_style="bearer",
        workspace_id="wrkspc_01",
        api_key_env="WORK_KEY",
        key_variables=frozenset({"ANTHROPIC_API_KEY", "WORK_KEY"}),
        cache_dir=tmp_path,
        theme="light",
        read_ahead_mb=0,
        poll_seconds=1,
    )


def test_a_tilde_is_the_home_directory(config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """In the file and on the command line, where a quoted one reaches us too."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert load(config, 'cache_dir = "~/batches"').cache_dir == tmp_path / "batches"
    assert load(config, flags={"cache_dir": Path("~/other")}).cache_dir == tmp_path / "other"


def test_hooks_are_argument_lists_and_a_profile_has_its_own(
    config: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing in them is expanded but the home of the command."""
    monkeypatch.setenv("HOME", str(tmp_path))
    text = (
        'watch = "all"\n[hooks]\non_end = ["~/bin/tell", "$HOME", "~"]\n'
        '[profiles.work]\nnotify = "off"\nhooks.on_expiring = ["save"]\n'
    )
    assert load(config, text).hooks == Hooks(on_end=(f"{tmp_path}/bin/tell", "$HOME", "~"))
    work = load(config, flags={"profile": "work"})
    assert (work.hooks, work.watch, work.notify) == (Hooks(on_expiring=("save",)), "all", "off")


def test_a_tilde_of_nobody_is_refused(config: Path) -> None:
    """There is no such home."""
    said = refusal(config, 'cache_dir = "~nobody-of-that-name/x"')
    assert said.startswith(f"{config}: cache_dir ")
    assert "~nobody-of-that-name/x" in said


CHOICES = [
    ("api_version", '"2024-01-01"', "'2023-06-01' or '2026-10-21', not '2024-01-01'"),
    ("api_version", "2023-06-01", "'2023-06-01' or '2026-10-21'"),
    ("auth_style", '"basic"', "'x-api-key' or 'bearer', not 'basic'"),
    ("theme", '"blue"', "'dark' or 'light', not 'blue'"),
    ("theme", "3", "'dark' or 'light', not 3"),
    ("theme", "[]", "'dark' or 'light', not []"),
    ("watch", '"none"', "'marked' or 'all', not 'none'"),
    ("notify", "true", "'bell' or 'desktop' or 'both' or 'off', not True"),
]
WRONG = [
    ("read_ahead_mb", '"32"', "a whole number, not '32'"),
    ("read_ahead_mb", "1.5", "a whole number, not 1.5"),
    ("read_ahead_mb", "true", "a whole number, not True"),
    ("read_ahead_mb", "-1", "at least 0, not -1"),
    ("poll_seconds", '"fast"', "a number, not 'fast'"),
    ("poll_seconds", "false", "a number, not False"),
    ("poll_seconds", "0.5", "at least 1, not 0.5"),
    ("poll_seconds", "nan", "a finite number, not nan"),
    ("poll_seconds", "inf", "a finite number, not inf"),
    ("poll_seconds", "51", "at most 50, not 51"),
    ("poll_slowest_seconds", "61", "at most 50, not 61"),
    ("poll_slowest_seconds", "1", "at least 2, not 1"),
    ("requests_per_minute", "0", "at least 6, not 0"),
    ("requests_per_minute", "7.5", "a whole number, not 7.5"),
    ("workspace_id", "7", "text, not 7"),
    ("workspace_id", '""', "not be empty"),
    ("cache_dir", "[]", "text, not []"),
    ("cache_dir", '""', "not be empty"),
    ("base_url", "8080", "text, not 8080"),
    ("base_url", '""', "not be empty"),
    ("api_key_env", "true", "text, not True"),
    ("hook_timeout_seconds", "0", "at least 1, not 0"),
    ("hook_timeout_seconds", '"1m"', "a number, not '1m'"),
    ("hooks", '"notify-me"', "be a table"),
    ("hooks", '{ on_start = ["a"] }', "for on_end and on_expiring; there is no 'on_start'"),
    ("hooks", '{ on_end = "notify-me --loud" }', "as a list of the command and its arguments"),
    ("hooks", "{ on_end = [1] }", "as a list of the command and its arguments"),
    ("hooks", '{ on_end = ["a", "\\u0000"] }', "as a list of the command and its arguments"),
    ("hooks", "{ on_expiring = [] }", "name a command for on_expiring"),
    ("hooks", '{ on_expiring = ["  "] }', "name a command for on_expiring"),
]


@pytest.mark.parametrize(("name", "value", "allowed"), CHOICES + WRONG)
@pytest.mark.parametrize("in_profile", [False, True], ids=["file", "profile"])
def test_a_wrong_value_is_named_with_its_place_and_what_it_may_be(
    config: Path, name: str, value: str, allowed: str, in_profile: bool
) -> None:
    """Which one, where, and what to write instead."""
    text = f"{name} = {value}\n"
    place = f"{config}: "
    if in_profile:
        text, place = f"[profiles.work]\n{text}", f"[profiles.work] of {config}: "
    said = refusal(config, text, flags={"profile": "work"} if in_profile else {})
    assert said.startswith(f"{place}{name} must ")
    assert allowed in said


def test_a_flag_is_named_as_such(config: Path) -> None:
    """Not as part of the file."""
    said = refusal(config, flags={"theme": "blue"})
    assert said == "the command line: theme must be 'dark' or 'light', not 'blue'."


@pytest.mark.parametrize("text", ["colour = 1\n", "[profiles.work]\ncolour = 1\n"])
def test_an_unknown_name_is_answered_with_the_known_ones(config: Path, text: str) -> None:
    """A misspelt setting must not be ignored."""
    said = refusal(config, text, flags={"profile": "work"} if "work" in text else {})
    assert "there is no setting 'colour'" in said
    assert str(config) in said
    for name in ("base_url", "cache_dir", "poll_seconds", "theme"):
        assert name in said


def test_a_key_in_the_file_is_refused_without_showing_it(config: Path) -> None:
    """The file names a variable; the key itself stays out of it."""
    assert "test-key" not in refusal(config, 'api_key = "test-key"\n')
    said = refusal(config, 'api_key_env = "test-key"\n')
    assert said.startswith(f"{config}: api_key_env must be the name of an environment variable")
    assert "test-key" not in said


def test_a_profile_does_not_choose_a_profile(config: Path) -> None:
    """It would be ignored, and the user would never know."""
    said = refusal(config, '[profiles.a]\nprofile = "b"\n', flags={"profile": "a"})
    assert said.startswith(f"[profiles.a] of {config}: there is no setting 'profile'")


@pytest.mark.parametrize(
    ("text", "known"),
    [("", "none"), ("[profiles.work]\n[profiles.home]\n", "home, work")],
)
def test_an_unknown_profile_is_answered_with_those_there_are(config: Path, text: str, known: str) -> None:
    """Also where there is no file at all."""
    said = refusal(config, text, flags={"profile": "wrok"})
    assert said == f"There is no profile 'wrok' in {config}. Profiles there: {known}."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("profile = 3\n", "profile must be text, not 3"),
        ('profile = ["a"]\n', "profile must be text, not ['a']"),
        ("profiles = 3\n", "profiles must be tables"),
        ("[profiles]\nwork = 3\n", "must be a table of settings"),
    ],
)
def test_profiles_of_the_wrong_shape_are_refused(config: Path, text: str, said: str) -> None:
    """In a sentence, not with a traceback."""
    flags = {"profile": "work"} if "work" in text else {}
    sentence = refusal(config, text, flags=flags)
    assert said in sentence
    assert str(config) in sentence


@pytest.mark.parametrize("text", ["theme = dark\n", 'theme = "dark"\ntheme = "light"\n', "[profiles\n"])
def test_bad_toml_says_where(config: Path, text: str) -> None:
    """With the line the parser stopped at."""
    said = refusal(config, text)
    assert said.startswith(f"{config} is not valid TOML: ")
    assert "line" in said


def test_bytes_that_are_no_text_are_bad_toml(config: Path) -> None:
    """TOML is UTF-8."""
    config.write_bytes(b'theme = "\xff"\n')
    assert refusal(config).startswith(f"{config} is not valid TOML: ")


def test_a_file_that_cannot_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    """A directory, for one."""
    assert refusal(tmp_path).startswith(f"{tmp_path} cannot be read: ")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://api.anthropic.com", "https://api.anthropic.com"),
        (" https://api.anthropic.com/ ", "https://api.anthropic.com"),
        ("https://gateway.example:8443/anthropic/", "https://gateway.example:8443/anthropic"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.1.2.3", "http://127.1.2.3"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_a_good_base_url_is_kept_without_its_final_slash(config: Path, given: str, kept: str) -> None:
    """Two spellings of one address must not have two stores."""
    assert load(config, flags={"base_url": given}).base_url == kept


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("api.anthropic.com", "https://api.anthropic.com"),
        ("ftp://api.anthropic.com", "https://api.anthropic.com"),
        ("https://", "https://api.anthropic.com"),
        ("https:///v1", "https://api.anthropic.com"),
        ("https://host:port", "https://api.anthropic.com"),
        ("https://host:99999", "https://api.anthropic.com"),
        ("https://[::1", "https://api.anthropic.com"),
        ("https://two words", "https://api.anthropic.com"),
        ("https://line\nbreak", "https://api.anthropic.com"),
        ("https://host/?key=test-key", "query"),
        ("https://host/#test-key", "fragment"),
        ("https://user:test-key@host", "password"),
        ("http://api.anthropic.com", "allow_plain_http"),
        ("http://10.0.0.1:8000", "allow_plain_http"),
        ("http://127.0.0.1.example.com", "allow_plain_http"),
        ("http://localhost.example.com", "allow_plain_http"),
    ],
)
@pytest.mark.parametrize("place", ["the command line", "ANTHROPIC_BASE_URL", "file"])
def test_a_base_url_that_would_not_do_is_refused(config: Path, url: str, why: str, place: str) -> None:
    """Where it came from and what is wrong, and nothing of what may be a secret in it."""
    if place == "ANTHROPIC_BASE_URL":
        said = refusal(config, environ={place: url})
    elif place == "file":
        place = str(config)
        said = refusal(config, 'base_url = "{}"\n'.format(url.replace("\n", "\\n")))
    else:
        said = refusal(config, flags={"base_url": url})
    assert said.startswith(f"{place}: base_url must ")
    assert why in said
    assert "test-key" not in said


def test_an_empty_variable_is_no_choice(config: Path) -> None:
    """Shells export those."""
    assert load(config, environ={"ANTHROPIC_BASE_URL": "  "}).base_url == DEFAULT_BASE_URL


def test_a_profile_can_be_read_only_and_the_flag_makes_any_so(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[profiles.production]\nread_only = true\n", encoding="utf-8")
    assert load_settings({"profile": "production"}, {}, path).read_only
    assert not load_settings({}, {}, path).read_only
    assert load_settings({"read_only": True}, {}, path).read_only


def test_read_only_is_true_or_false(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('read_only = "yes"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="read_only must be true or false"):
        load_settings({}, {}, path)


def test_plain_http_to_another_machine_is_allowed_by_the_profile_that_says_so(config: Path) -> None:
    proxy = '[profiles.proxy]\nbase_url = "http://gateway.internal:4000/"\n'
    assert "allow_plain_http" in refusal(config, proxy, flags={"profile": "proxy"})
    text = f"{proxy}allow_plain_http = true\n"
    settings = load(config, text, flags={"profile": "proxy"})
    assert (settings.base_url, settings.allow_plain_http) == ("http://gateway.internal:4000", True)
    assert "allow_plain_http" in refusal(config, text, flags={"base_url": "http://gateway.internal:4000"})
    assert "true or false" in refusal(config, 'allow_plain_http = "yes"\n')


def test_keys_are_read_as_people_write_them(config: Path) -> None:
    """An id may be quoted or not, a profile moves single keys, and a comma can be a key."""
    text = '[keys]\ncancel = "C"\n"results.search" = "f3, slash"\nbatch.mark = ["m", ","]\n'
    (own,) = load(config, text).keys
    assert own == {"cancel": ("C",), "results.search": ("f3", "slash"), "batch.mark": ("m", ",")}
    work = load(config, text + '[profiles.work.keys]\n"batch.cancel" = "Z"\n', flags={"profile": "work"}).keys
    assert work == (own, {"batch.cancel": ("Z",)})
    assert load(config, "theme = 'dark'").keys == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("keys = 'C'", "keys must be a table"),
        ("[keys]\ncancel = 3", "give cancel a key as text"),
        ("[keys]\nbatch.cancel = ''", "name a key for batch.cancel"),
        ("[keys]\ncancel = []", "name a key for cancel"),
        ("[keys]\ncancel = 'C,,D'", "name a key for cancel"),
    ],
)
def test_keys_of_another_shape_are_refused(config: Path, text: str, problem: str) -> None:
    """The sentence says which action, and what to write."""
    said = refusal(config, text)
    assert problem in said
    assert str(config) in said


def test_a_start_with_the_screen_masked_is_a_setting_also_of_a_profile(config: Path) -> None:
    """Off, unless the file says so."""
    assert not load(config).mask
    assert load(config, "[profiles.demo]\nmask = true\n", flags={"profile": "demo"}).mask
    assert "mask must be true or false" in refusal(config, "mask = 'yes'")
