"""The operators of a workspace, its invitations and teams, and the operator's own profile, over HTTP."""

from crumbless.http.call import OperatorCall
from crumbless.people.handover import Handover
from crumbless.people.people_read import read_people
from crumbless.people.people_wire import (
    EmailChangeRequest,
    HandoverRequest,
    HandoverResponse,
    InviteRequest,
    OperatorChangeRequest,
    PeopleResponse,
    ProfileRequest,
    Team,
    TeamRequest,
)
from crumbless.people.person_change import change_operator, disable_operator, enable_operator, sign_out_operator
from crumbless.people.person_invite import invite_operator, resend_invitation, withdraw_invitation
from crumbless.people.profile_change import begin_email_change, change_profile
from crumbless.people.team_change import change_team, drop_team, make_team
from crumbless.protocol.frames import Operator


async def get_people(call: OperatorCall) -> PeopleResponse:
    """Return operators and teams; also invitations, to those who manage people."""
    return await call.read(read_people, call.session)


# --- invitations --------------------------------------------------------------------------------------------------


async def post_invite(call: OperatorCall, wanted: InviteRequest) -> None:
    """Send an invitation."""
    await call.write(invite_operator, wanted, call.platform.secret_box)


async def post_resend(call: OperatorCall, invitation: str) -> None:
    """Send an invitation again."""
    await call.write(resend_invitation, invitation, call.platform.secret_box)


async def post_revoke(call: OperatorCall, invitation: str) -> None:
    """Revoke an invitation."""
    await call.write(withdraw_invitation, invitation)


# --- operators ----------------------------------------------------------------------------------------------------


async def post_person(call: OperatorCall, person: str, wanted: OperatorChangeRequest) -> None:
    """Change an operator's role and teams."""
    await call.write(change_operator, person, wanted)


async def get_handover(call: OperatorCall, person: str) -> HandoverResponse:
    """Return what an operator has that a colleague can take over."""
    return HandoverResponse(await call.read(call.of(Handover).count, call.workspace, person))


async def post_disable(call: OperatorCall, person: str, wanted: HandoverRequest) -> None:
    """Disable an operator, and hand their things over."""
    await call.write(disable_operator, person, wanted, call.of(Handover))


async def post_enable(call: OperatorCall, person: str) -> None:
    """Enable an operator again."""
    await call.write(enable_operator, person)


async def post_end_sessions(call: OperatorCall, person: str) -> None:
    """End all sessions of an operator."""
    await call.write(sign_out_operator, person)


# --- teams --------------------------------------------------------------------------------------------------------


async def post_team_add(call: OperatorCall, wanted: TeamRequest) -> Team:
    """Create a team."""
    return await call.write(make_team, wanted)


async def post_team(call: OperatorCall, team: str, wanted: TeamRequest) -> Team:
    """Change a team's name and members."""
    return await call.write(change_team, team, wanted)


async def post_team_remove(call: OperatorCall, team: str) -> None:
    """Delete a team."""
    await call.write(drop_team, team)


# --- the operator's own profile -----------------------------------------------------------------------------------


async def post_me(call: OperatorCall, wanted: ProfileRequest) -> Operator:
    """Change the operator's name and languages."""
    return await call.write(change_profile, wanted)


async def post_me_email(call: OperatorCall, wanted: EmailChangeRequest) -> None:
    """Send a link that confirms a new email address."""
    await call.write(begin_email_change, wanted.email, call.platform.secret_box)
