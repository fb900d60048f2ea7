"""The installation's key comes from the settings or from a file that only its owner can read."""

import base64
from pathlib import Path

import pytest

from crumbless.core.errors import SettingsError
from crumbless.core.settings import DatabaseSettings
from crumbless.security.installation_key import open_secret_box

KEY = base64.b64encode(bytes(range(32))).decode()


def settings_of(database: Path, secret_key: str = "") -> DatabaseSettings:
    return DatabaseSettings(database_url=f"sqlite:///{database}", secret_key=secret_key)


def test_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "chat.db")
    sealed = open_secret_box(settings).encrypt(b"secret", "test")
    assert open_secret_box(settings).decrypt(sealed, "test") == b"secret"
    assert (tmp_path / "chat.db.key").stat().st_mode & 0o777 == 0o600


def test_key_from_the_settings_needs_no_file(tmp_path: Path) -> None:
    sealed = open_secret_box(settings_of(tmp_path / "chat.db", KEY)).encrypt(b"secret", "test")
    assert open_secret_box(settings_of(tmp_path / "other.db", KEY.rstrip("="))).decrypt(sealed, "test") == b"secret"
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("key", ["short", KEY[:20], "not base64 at all, but long enough to be a key"])
def test_invalid_key_is_refused(tmp_path: Path, key: str) -> None:
    open_secret_box(settings_of(tmp_path / "chat.db", KEY))
    with pytest.raises(SettingsError, match="CRUMBLESS_SECRET_KEY"):
        open_secret_box(settings_of(tmp_path / "chat.db", key))


def test_broken_key_file_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "chat.db.key").write_text("broken", encoding="ascii")
    with pytest.raises(SettingsError, match=r"chat\.db\.key"):
        open_secret_box(settings_of(tmp_path / "chat.db"))
