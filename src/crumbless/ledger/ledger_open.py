"""Chooses the ledger's writer for the database."""

from collections.abc import Sequence

from crumbless.database.database import is_postgres
from crumbless.ledger.ledger_batch import BatchWriter
from crumbless.ledger.reaction import Reaction


def open_writer(database_url: str, reactions: Sequence[Reaction] = ()) -> BatchWriter:
    """Return the writer. Called in the ledger's thread."""
    if is_postgres(database_url):
        from crumbless.ledger.ledger_postgres import PostgresBatchWriter  # noqa: PLC0415

        return PostgresBatchWriter(database_url, reactions)
    from crumbless.ledger.ledger_sqlite import SqliteBatchWriter  # noqa: PLC0415

    return SqliteBatchWriter(database_url, reactions)
