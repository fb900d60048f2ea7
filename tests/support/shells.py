"""Counts over the columns of shells, which reports may read."""

from collections import Counter

from sqlalchemy import Connection

from crumbless.database.database import write_once
from crumbless.people.workspace_store import list_workspaces, read_staff_privacy
from crumbless.retention.shell import shells
from support.server import ServerProcess

ShellCounts = Counter[tuple[object, ...]]


def shell_counts(server: ServerProcess) -> ShellCounts:
    """Return the numbers of entries by workspace, day, kind, side, operator, site and team."""
    return write_once(server.database_url, counts)


def counts(connection: Connection) -> ShellCounts:
    """Return the same, in a transaction."""
    counted: ShellCounts = Counter()
    for workspace, _, _ in list_workspaces(connection):
        for row in connection.execute(shells(workspace, read_staff_privacy(connection, workspace))):
            operator = row.operator_id if row.author_kind == "operator" else ""
            day = row.at // 86_400_000
            site, team = row.conversation_site_id, row.conversation_team_id
            counted[row.workspace_id, day, row.kind, row.author_kind, operator, site, team] += 1
            counted["conversation", row.conversation_id, row.seq, row.visitor_seq, row.position] += 1
    return counted
