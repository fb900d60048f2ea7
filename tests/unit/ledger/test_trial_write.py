"""A trial write has a real size and leaves nothing behind."""

from crumbless.database.database_sqlite import sqlite_path, write_once
from crumbless.ledger.ledger_batch import WriteRequest
from crumbless.ledger.ledger_sqlite import SqliteBatchWriter
from crumbless.ledger.trial_write import TRIAL_BYTES, write_trial


def test_trial_write_has_a_real_size_and_leaves_no_file(database_url: str) -> None:
    log = sqlite_path(database_url).with_name(sqlite_path(database_url).name + "-wal")
    writer = SqliteBatchWriter(database_url)
    try:
        before = log.stat().st_size if log.exists() else 0
        writer.commit([WriteRequest(None, write_trial, lambda _outcome: None)])
        assert log.stat().st_size - before >= TRIAL_BYTES
    finally:
        writer.close()
    count = write_once(database_url, lambda one: one.exec_driver_sql("SELECT count(*) FROM task").scalar_one())
    assert count == 0
