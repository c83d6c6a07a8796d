"""The shape of the house: what a static import graph cannot see, and what a tired eye skips."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import batch_tui

PACKAGE = Path(batch_tui.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
CEILING = 420
"""Lines of a file (design.md §3 says about 400)."""


def names(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_a_file_says_what_it_does_and_stays_small(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= CEILING
    if source.strip():
        docstring = ast.get_docstring(ast.parse(source))
        assert docstring, f"{names(path)} does not say what it is for"


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_no_room_for_leftovers(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "common", "manager", "base", "misc"}


def calls(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    return found | {
        node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_lines_are_never_split_as_text(path: Path) -> None:
    """httpx's line iterators and str.splitlines cut JSON at U+2028 (batches-api.md §7.7)."""
    if path.is_relative_to(PACKAGE / "api") or path.is_relative_to(PACKAGE / "results"):
        assert not calls(path) & {"iter_lines", "aiter_lines", "splitlines"}


def test_screens_never_import_the_app() -> None:
    for path in (*(PACKAGE / "tui" / "screens").glob("*.py"), *(PACKAGE / "tui" / "widgets").glob("*.py")):
        assert not re.search(r"^\s*from batch_tui\.tui\.app import", path.read_text(encoding="utf-8"), re.MULTILINE), (
            path
        )


def test_screens_and_widgets_do_no_io() -> None:
    for path in (*(PACKAGE / "tui" / "screens").glob("*.py"), *(PACKAGE / "tui" / "widgets").glob("*.py")):
        assert not calls(path) & {"open", "read_text", "write_text", "run_in_executor", "urlopen"}, path


@pytest.mark.parametrize("path", [path for path in MODULES if "tui" in path.relative_to(PACKAGE).parts], ids=names)
def test_statics_never_parse_markup(path: Path) -> None:
    """Every sink that would parse a str is told not to (textual-pitfalls.md §5.1); for toasts, the app says it once."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in {"Static", "Label"}:
            markup = [keyword.value for keyword in node.keywords if keyword.arg == "markup"]
            assert markup, f"{names(path)}:{node.lineno} leaves markup on"
            assert isinstance(markup[0], ast.Constant)
            assert markup[0].value is False


@pytest.mark.parametrize("path", [path for path in MODULES if "tui" in path.relative_to(PACKAGE).parts], ids=names)
def test_workers_are_named_and_never_end_the_app(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "run_worker":
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            assert "group" in given
            ends = given["exit_on_error"]
            assert isinstance(ends, ast.Constant)
            assert ends.value is False


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("batch_tui.cli", {"textual", "rich", "starlette", "uvicorn", "httpx", "pydantic"}),
        ("batch_tui.simulator", {"starlette", "uvicorn", "httpx", "textual"}),
        ("batch_tui.tui.app", {"starlette", "uvicorn", "httpx", "anthropic", "pydantic", "re2"}),
        # The list stands before what only results need is read.
        ("batch_tui.tui.app", {"batch_tui.results.download", "batch_tui.tui.screens.results"}),
        ("batch_tui.monitor.poller", {"textual", "rich", "httpx"}),
        ("batch_tui.results.download", {"textual", "rich", "httpx"}),
    ],
)
def test_importing_a_module_loads_only_what_it_needs(module: str, unwanted: set[str]) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert not unwanted & set(done.stdout.split())


def test_the_readme_shows_pictures_that_exist_and_are_drawn_by_the_script() -> None:
    root = Path(__file__).parents[1]
    shown = re.findall(r"\]\((screenshots/[^)]+)\)", (root / "README.md").read_text(encoding="utf-8"))
    assert {"screenshots/list.svg", "screenshots/detail.svg", "screenshots/results.svg"} <= set(shown)
    for picture in shown:
        svg = (root / picture).read_text(encoding="utf-8")
        assert "<svg" in svg
        assert "@font-face" not in svg
