"""The database reads of a node's realtime part."""

from crumbless.conversations.inbox_read import read_moved_marks, visitor_seqs_at
from crumbless.conversations.visitor_conversations import visitor_summaries
from crumbless.ledger.ledger_port import ReaderPort
from crumbless.ledger.timeline_read import entries_after_position, positions_of
from crumbless.realtime.realtime_node import RealtimeReads
from crumbless.stream.session_changes import read_session_changes
from crumbless.visitors.visitor_reach import find_reaching_session, newest_reached_by

GAP_PAGE = 500
"""Entries read at a time to fill a gap of the bus."""


def live_reads(reader: ReaderPort) -> RealtimeReads:
    """Return the reads. Each runs in one snapshot."""
    read = reader.read
    return RealtimeReads(
        entries_after=lambda workspace, position: read(
            lambda connection: entries_after_position(connection, workspace, position, GAP_PAGE, None)
        ),
        positions=lambda workspaces: read(lambda connection: positions_of(connection, workspaces)),
        session=lambda token_hash: read(lambda connection: find_reaching_session(connection, token_hash)),
        changes=lambda ids, since: read(lambda connection: read_session_changes(connection, ids, since)),
        reach=lambda ids: read(lambda connection: newest_reached_by(connection, ids)),
        marks=lambda since: read(lambda connection: read_moved_marks(connection, since)),
        visitor_seqs=lambda places: read(lambda connection: visitor_seqs_at(connection, places)),
        summaries=lambda ids: read(lambda connection: visitor_summaries(connection, ids)),
    )
