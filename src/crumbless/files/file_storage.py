"""Stores files in a folder or in S3-compatible storage, with obstore. Crumbless generates all file names."""

import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from crumbless.core.deferred_import import deferred_module
from crumbless.core.errors import SettingsError
from crumbless.core.settings import FileSettings

if TYPE_CHECKING:
    from obstore import store
else:
    # 5 ms and 5 MB.
    store = deferred_module("obstore.store")

SETTING = "CRUMBLESS_FILES_URL"

_is_name = re.compile(r"[a-z0-9-]+(?:/[a-z0-9-]+)*\.[a-z0-9]+", re.ASCII).fullmatch


def default_folder(database_url: str) -> Path:
    """Return the default folder of stored files: beside the SQLite file, else var/files."""
    if database_url.startswith("sqlite:///"):
        return Path(database_url.removeprefix("sqlite:///")).parent / "files"
    return Path("var/files")


def written_folders(settings: FileSettings, database_url: str) -> list[Path]:
    """Return the folders of this machine that a node writes to."""
    folders: list[Path] = []
    if database_url.startswith("sqlite:///"):
        folders.append(Path(database_url.removeprefix("sqlite:///")).parent)
    if not settings.files_url:
        folders.append(default_folder(database_url))
    elif settings.files_url.startswith("file://"):
        folders.append(Path(unquote(urlsplit(settings.files_url).path)))
    return folders


class FileStore:
    """The port for files. The storage is opened with the first file, so obstore is loaded only if files are stored.

    Args:
        settings: contain the storage's address.
        default_folder: used if they do not.

    Raises:
        SettingsError: if the address is invalid.
    """

    def __init__(self, settings: FileSettings, default_folder: Path) -> None:
        self._settings = settings
        self._address = urlsplit(settings.files_url or default_folder.absolute().as_uri())
        address = self._address
        local = address.scheme == "file" and not address.netloc and address.path.startswith("/")
        bucket = address.scheme == "s3" and bool(address.hostname)
        if not (local or bucket) or address.query or address.fragment:
            raise SettingsError(f"{SETTING}: expected file:///FOLDER or s3://BUCKET/PREFIX")
        self._store: store.ObjectStore | None = None

    async def put(self, name: str, content: bytes) -> None:
        """Store the content under the name."""
        await self._opened().put_async(_checked(name), content)

    async def get(self, name: str) -> bytes | None:
        """Return the file's content, or None if it does not exist."""
        try:
            found = await self._opened().get_async(_checked(name))
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None

    async def delete(self, name: str) -> None:
        """Delete the file. No error if it does not exist."""
        try:
            await self._opened().delete_async(_checked(name))
        except FileNotFoundError:
            return

    def _opened(self) -> "store.ObjectStore":
        if self._store is None:
            self._store = self._open_folder() if self._address.scheme == "file" else self._open_bucket()
        return self._store

    def _open_folder(self) -> "store.ObjectStore":
        folder = Path(unquote(self._address.path))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The folder may come from another program, or from an earlier version, with another mode.
        with contextlib.suppress(PermissionError):
            folder.chmod(0o700)
        return store.LocalStore(folder)

    def _open_bucket(self) -> "store.ObjectStore":
        settings, options = self._settings, dict[str, str]()
        if settings.files_endpoint:
            options["endpoint"] = settings.files_endpoint
        if settings.files_region:
            options["region"] = settings.files_region
        if settings.files_access_key:
            options["access_key_id"] = settings.files_access_key
            options["secret_access_key"] = settings.files_secret_key
        plain = settings.files_endpoint.startswith("http://")
        return store.S3Store(
            self._address.hostname or "",
            prefix=unquote(self._address.path).strip("/") or None,
            client_options={"allow_http": plain, "timeout": "20s", "connect_timeout": "5s"},
            **options,  # pyright: ignore[reportArgumentType]
        )


def _checked(name: str) -> str:
    if not _is_name(name):
        raise ValueError(f"{name!r} is not a valid file name")
    return name
