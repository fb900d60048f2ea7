"""Invitations whose secret a test knows. In production only the email contains it."""

import uuid

from sqlalchemy import Connection

from crumbless.accounts.one_time_token_store import new_one_time_token
from crumbless.core.ids import now_ms
from crumbless.database.database import write_once
from crumbless.people.invitation_store import NewInvitation, add_invitation
from crumbless.security.access import OperatorRole
from support.server import ServerProcess

SECONDS = 600


def invite(
    server: ServerProcess,
    email: str = "",
    *,
    name: str = "",
    role: OperatorRole = "operator",
    workspace: int = 1,
    inviter: str = "",
) -> tuple[str, str]:
    """The invited address (a new one where none is given) and the secret of the link. Workspace 1 is Tea's.

    `inviter`: the id of an operator; an owner where none is given.
    """
    address = email or f"nora-{uuid.uuid4().hex[:12]}@tea.example"
    ((owner,),) = server.rows("SELECT MIN(id) FROM operator WHERE workspace_id = ? AND role = 'owner'", workspace)
    new = NewInvitation(address, name, role, [], "de", inviter or owner, now_ms() + SECONDS * 1000)
    secrets: list[str] = []

    def offer(connection: Connection) -> None:
        invitation = add_invitation(connection, workspace, new)
        made = new_one_time_token(connection, "invitation", subject=invitation, workspace=workspace, seconds=SECONDS)
        secrets.append(made[1])

    write_once(server.database_url, offer)
    return address, secrets[0]
