"""Chooses the ledger's writer for the database."""

from crumbless.database.database import is_postgres
from crumbless.ledger.ledger_batch import BatchWriter


def open_writer(database_url: str) -> BatchWriter:
    """Return the writer. Called in the ledger's thread."""
    if is_postgres(database_url):
        from crumbless.ledger.ledger_postgres import PostgresBatchWriter  # noqa: PLC0415

        return PostgresBatchWriter(database_url)
    from crumbless.ledger.ledger_sqlite import SqliteBatchWriter  # noqa: PLC0415

    return SqliteBatchWriter(database_url)
