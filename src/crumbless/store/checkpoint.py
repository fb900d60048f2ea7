"""Moves committed pages from SQLite's write-ahead log into the database file, beside the writer, not inside a commit.

SQLite's own way is to checkpoint in the commit that fills the log: tens of milliseconds in which nobody is
acknowledged. Here a thread copies what it can while commits go on (PASSIVE never blocks them). What is left when the
log has grown long is little; the writer copies it itself between two batches, after which the log starts again.
"""

import sqlite3
import threading

from crumbless.store.database_sqlite import sqlite_path

EVERY_SECONDS = 0.25

LONG_LOG = 16_000
"""Pages (4 KiB each) after which the log is to start again."""


class Checkpointer:
    """One thread beside the ledger's writer."""

    def __init__(self, database_url: str) -> None:
        self._path = sqlite_path(database_url)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crumbless-checkpoint")
        self.reset_wanted = False
        self.truncate_wanted = False

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, after the copy that may be under way."""
        self._stopping.set()
        self._thread.join()

    def truncate(self, connection: sqlite3.Connection) -> None:
        """Leave nothing in the log, because something was erased; while somebody reads from it, it stays wanted.

        Both threads try: the writer has its chance between batches under load, this one's thread when it is quiet.
        """
        # First, so that an erasure that is committed meanwhile is not forgotten.
        self.truncate_wanted = False
        if not _truncated(connection):
            self.truncate_wanted = True

    def _run(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=0)
        try:
            while not self._stopping.wait(EVERY_SECONDS):
                if self.truncate_wanted:
                    self.truncate(connection)
                pages = checkpoint(connection)
                self.reset_wanted = pages > LONG_LOG
        finally:
            connection.close()


def checkpoint(connection: sqlite3.Connection) -> int:
    """Copy what can be copied without waiting for anybody; the number of pages in the log."""
    try:
        _busy, pages, _copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.OperationalError:
        # Busy or a full disk: the log keeps everything, and the next round retries.
        return 0
    return int(pages)


def _truncated(connection: sqlite3.Connection) -> bool:
    """Copy everything and cut the log to nothing; whether that could be done without waiting for anybody."""
    waits = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout=0")
    try:
        return connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    except sqlite3.OperationalError:
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout={waits}")
