"""The official CLI's profile files, as it writes them, in a directory of a test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

ACCESS = "sk-ant-oat01-test-access"
REFRESH = "sk-ant-ort01-test-refresh"


class ProfileFiles:
    """`configs/` and `credentials/` under one directory; NAME is "default" unless said otherwise."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @property
    def environ(self) -> dict[str, str]:
        return {"ANTHROPIC_CONFIG_DIR": str(self.directory)}

    def config(self, name: str = "default", **changes: Any) -> Path:
        """Write `configs/NAME.json`; a field set to None is left out."""
        fields = {
            "version": "1.0",
            "authentication": {"type": "user_oauth", "client_id": "client-1"},
            "organization_id": "00000000-0000-0000-0000-000000000000",
            **changes,
        }
        return self._write(self.directory / "configs" / f"{name}.json", fields, 0o644)

    def tokens(self, name: str = "default", **changes: Any) -> Path:
        """Write `credentials/NAME.json`; a field set to None is left out."""
        fields = {
            "version": "1.0",
            "type": "oauth_token",
            "access_token": ACCESS,
            "refresh_token": REFRESH,
            "expires_at": None,
            **changes,
        }
        return self._write(self.directory / "credentials" / f"{name}.json", fields, 0o600)

    def point_to(self, name: str) -> None:
        """Make NAME the active profile."""
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "active_config").write_text(f"{name}\n")

    @staticmethod
    def _write(path: Path, fields: dict[str, Any], mode: int) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({key: value for key, value in fields.items() if value is not None}))
        path.chmod(mode)
        return path
