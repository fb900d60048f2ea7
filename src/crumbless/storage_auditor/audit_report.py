"""The report of an audit. Its JSON consists of these types; docs/auditor.md describes them."""

from typing import Literal

import msgspec

SCHEMA = "crumbless-audit/1"

Kind = Literal["UNDECLARED", "WRONG PHASE", "TOO LONG", "NOT CLEARED", "THIRD PARTY BEFORE CONSENT"]
Act = Literal["open", "type", "send", "end", "fold", "choose", "grant", "withdraw"]
PhaseName = Literal[
    "load", "idle", "open", "send", "end", "reject", "accept", "withdraw", "gpc", "second-visit", "storage-blocked"
]
Status = Literal["done", "not applicable"]


class StorageItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item that was stored on the device, or that a script tried to store. Values may be personal and are left out.

    Args:
        mechanism: "cookie", "localStorage", "sessionStorage", "IndexedDB", "Cache Storage", "service worker",
            "file system" or "window.name".
        key: its key. IndexedDB: the record's or the database's. Cache Storage: the cache's. A worker: its scope.
        where: the origin that stores it, or a cookie's domain.
        partition: the site whose pages it is partitioned to, or empty.
        container: the database and object store, or the cache, that contains the key.
        lasts: seconds until it expires (a cookie's expiry, `until` and the like in JSON). None if unknown.
        size: bytes of its value, if it was read.
        `acts`: the visitor's actions in this phase up to then.
        how: `kept` (found there), `written` (seen while it was written) or `header` (requested by a response).
        blocked: the browser did not store it.
        source: the frame or address that wrote it.
    """

    mechanism: str
    key: str
    where: str
    partition: str = ""
    container: str = ""
    lasts: float | None = None
    size: int = 0
    acts: tuple[Act, ...] = ()
    how: Literal["kept", "written", "header"] = "kept"
    blocked: bool = False
    source: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request, beacon or socket.

    Args:
        url: without query and fragment, which may be personal.
        kind: the browser's resource type ("script", "image", "fetch", "ping", "websocket", …).
        initiator: the script or document that asked for it.
        third_party: it went to another site than the page's, and to none that counts as first party.
    """

    url: str
    host: str
    kind: str
    initiator: str = ""
    acts: tuple[Act, ...] = ()
    third_party: bool = False


class Phase(msgspec.Struct, kw_only=True):
    """The results of one phase. `kept`: items on the device at its end. `leftover`: items that should be gone."""

    name: PhaseName
    title: str
    status: Status = "done"
    reason: str = ""
    acts: list[Act] = []
    seconds: float = 0
    kept: list[StorageItem] = []
    seen: list[StorageItem] = []
    leftover: list[StorageItem] = []
    requests: list[Asked] = []
    notes: list[str] = []
    screenshot: bytes = b""


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One breach of the rules: what, where, in which phases, and what to do."""

    kind: Kind
    mechanism: str
    key: str
    where: str
    phases: list[PhaseName]
    detail: str
    advice: str


class RegistryFound(msgspec.Struct, frozen=True, kw_only=True):
    """Where the declaration came from, and its size. No source: nothing is declared."""

    sources: list[str] = []
    items: int = 0


class Report(msgspec.Struct, kw_only=True):
    """The outcome of an audit."""

    schema: str = SCHEMA
    url: str
    landed: str
    started: str
    seconds: float
    version: str
    browser: str
    registry: RegistryFound
    first_party: list[str]
    phases: list[Phase]
    findings: list[Finding]

    @property
    def clean(self) -> bool:
        """Return whether there are no findings. A phase that could not run has none: see its status."""
        return not self.findings

    def found_in(self, phase: PhaseName) -> list[Finding]:
        """Return the findings that occurred in this phase."""
        return [one for one in self.findings if phase in one.phases]
