"""Files in a folder and in S3-compatible storage: kept, read, removed; names are ours alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crumbless.adapters.files_store import FileStore, default_folder
from crumbless.errors import SettingsError
from crumbless.settings import FileSettings

NAME = "photos/01890a5d-ac96-774b-bcce-b302099a8057/256.webp"


@pytest.fixture(scope="module")
def bucket() -> Iterator[dict[str, Any]]:
    import httpx
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    assert httpx.put(f"{endpoint}/tea-files", trust_env=False).status_code == 200
    yield {
        "files_url": "s3://tea-files/chat/files",
        "files_endpoint": endpoint,
        "files_region": "us-east-1",
        "files_access_key": "key",
        "files_secret_key": "secret",
    }
    server.stop()


@pytest.fixture(params=["folder", "bucket"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> FileSettings:
    if request.param == "folder":
        return FileSettings(files_url=(tmp_path / "my files").as_uri())
    return FileSettings(**request.getfixturevalue("bucket"))


def store(settings: FileSettings) -> FileStore:
    return FileStore(settings, Path("never"))


async def test_what_one_node_keeps_another_reads_and_removes(settings: FileSettings) -> None:
    one, other = store(settings), store(settings)
    assert await one.get(NAME) is None
    await one.put(NAME, b"content")
    assert await other.get(NAME) == b"content"
    await other.put(NAME, b"another")
    assert await one.get(NAME) == b"another"
    await other.delete(NAME)
    await other.delete(NAME)
    assert await one.get(NAME) is None


@pytest.mark.parametrize(
    "name",
    [
        "../secret.webp",
        "photos/../../secret.webp",
        "/etc/passwd",
        "photos//256.webp",
        "photos/a\0.webp",
        "photos/a\r\nb.webp",
        "photos/a\u202e.webp",
        "photos/%2e%2e/a.webp",
        "photos/A.webp",
        "photos\\a.webp",
        "photos/a",
        "",
    ],
)
async def test_threat_40_a_name_that_is_not_ours_is_refused(settings: FileSettings, name: str) -> None:
    files = store(settings)
    for work in (files.put(name, b""), files.get(name), files.delete(name)):
        with pytest.raises(ValueError, match="not a valid file name"):
            await work


def files_under(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_default_folder_is_beside_the_database(tmp_path: Path) -> None:
    folder = default_folder(f"sqlite:///{tmp_path / 'crumbless.db'}")
    await FileStore(FileSettings(), folder).put(NAME, b"content")
    assert [str(path.relative_to(tmp_path)) for path in files_under(tmp_path)] == [f"files/{NAME}"]


@pytest.mark.parametrize("url", ["/folder", "file://host/folder", "s3://", "http://bucket", "s3://bucket?x=1", "ftp:x"])
def test_a_wrong_address_stops_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="CRUMBLESS_FILES_URL"):
        FileStore(FileSettings(files_url=url), Path("never"))
