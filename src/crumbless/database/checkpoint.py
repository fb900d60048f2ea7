"""Copies committed pages from SQLite's write-ahead log to the database file, in a thread beside the writer.

By default SQLite does this in the commit that fills the log. That takes tens of milliseconds, in which no message is
acknowledged. Here a thread copies pages while commits continue: a PASSIVE checkpoint never blocks them. When the log is
long, few pages are left to copy. The writer copies these itself between two batches; after that the log is reused
from its beginning.
"""

import sqlite3
import threading

from crumbless.database.database_sqlite import sqlite_path

EVERY_SECONDS = 0.25

LONG_LOG_BYTES = 64 << 20
"""Size after which the log is to be reused from its beginning."""


class Checkpointer:
    """A thread that copies pages while the ledger's writer commits."""

    def __init__(self, database_url: str) -> None:
        self._path = sqlite_path(database_url)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="crumbless-checkpoint")
        self.reset_wanted = False
        self.truncate_wanted = False

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread after the copy that may be running."""
        self._stopping.set()
        self._thread.join()

    def truncate(self, connection: sqlite3.Connection) -> None:
        """Empty the log because data was erased. If another connection reads from it, set `truncate_wanted` again.

        Both threads try: the writer between batches under load, the checkpoint thread when the server is idle.
        """
        # Cleared before the attempt, so that an erasure committed in the meantime is not lost.
        self.truncate_wanted = False
        if not _truncated(connection):
            self.truncate_wanted = True

    def _run(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None, timeout=0)
        try:
            long_log = LONG_LOG_BYTES // connection.execute("PRAGMA page_size").fetchone()[0]
            # Not a Periodic: a thread, because SQLite blocks it while it copies pages.
            while not self._stopping.wait(EVERY_SECONDS):
                if self.truncate_wanted:
                    self.truncate(connection)
                pages = checkpoint(connection)
                self.reset_wanted = pages > long_log
        finally:
            connection.close()


def checkpoint(connection: sqlite3.Connection) -> int:
    """Copy all pages that can be copied without waiting for other connections. Return the pages in the log."""
    try:
        _busy, pages, _copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.OperationalError:
        # Busy or a full disk: the log still contains everything, and the next round retries.
        return 0
    return int(pages)


def _truncated(connection: sqlite3.Connection) -> bool:
    """Copy all pages and empty the log. Return False if another connection prevents it; never wait for one."""
    timeout = connection.execute("PRAGMA busy_timeout").fetchone()[0]
    connection.execute("PRAGMA busy_timeout=0")
    try:
        return connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    except sqlite3.OperationalError:
        return False
    finally:
        connection.execute(f"PRAGMA busy_timeout={timeout}")
