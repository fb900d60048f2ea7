"""Chooses the ledger's writer for the database."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crumbless.core.deferred_import import deferred_module
from crumbless.database.database import is_postgres
from crumbless.ledger.ledger_batch import BatchWriter
from crumbless.ledger.ledger_sqlite import SqliteBatchWriter
from crumbless.ledger.reaction import Reaction

if TYPE_CHECKING:
    from crumbless.ledger import ledger_postgres
else:
    # With the database's driver: 140 ms and 10 MB.
    ledger_postgres = deferred_module("crumbless.ledger.ledger_postgres")


def open_writer(database_url: str, reactions: Sequence[Reaction] = ()) -> BatchWriter:
    """Return the writer. Called in the ledger's thread."""
    if is_postgres(database_url):
        return ledger_postgres.PostgresBatchWriter(database_url, reactions)
    return SqliteBatchWriter(database_url, reactions)
