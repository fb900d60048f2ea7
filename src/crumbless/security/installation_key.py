"""The installation's key, which is not in the database: from the settings, else from a file beside the SQLite file."""

import base64
import binascii
import os
import secrets

from crumbless.core.errors import SettingsError
from crumbless.core.settings import DatabaseSettings
from crumbless.database.database_sqlite import sqlite_path
from crumbless.security.encryption import KEY_BYTES, SecretBox

SETTING = "CRUMBLESS_SECRET_KEY"
_EXPECTED = f"expected {KEY_BYTES} random bytes in base64, as `openssl rand -base64 {KEY_BYTES}` prints them"


def open_secret_box(settings: DatabaseSettings) -> SecretBox:
    """Return the installation's SecretBox. With SQLite and no setting, its key file is created on first use.

    Raises:
        SettingsError: if the key is invalid, or the setting is missing with PostgreSQL, where all nodes need the same
            key.
    """
    if settings.secret_key:
        return SecretBox(_decoded(settings.secret_key, SETTING))
    if not settings.database_url.startswith("sqlite:"):
        raise SettingsError(f"{SETTING}: with PostgreSQL it must be set, to the same key on every node; {_EXPECTED}")
    database = sqlite_path(settings.database_url)
    path = database.with_name(database.name + ".key")
    try:
        # Created with access for its owner only.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    except OSError as error:
        raise SettingsError(f"{SETTING}: cannot create {path}: {error.strerror}") from None
    try:
        return SecretBox(_decoded(path.read_text(encoding="ascii").strip(), str(path)))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"{SETTING}: cannot read {path}: {getattr(error, 'strerror', None) or 'not text'}"
        ) from None


def _decoded(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SettingsError(f"{source}: {_EXPECTED}")
    return key
