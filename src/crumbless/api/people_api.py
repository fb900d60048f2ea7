"""The people of a workspace, its invitations and teams, and one's own profile, over HTTP."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
from litestar import Response
from sqlalchemy import Connection

from crumbless.actions.person_change import change_person, disable_person, enable_person, sign_out_person
from crumbless.actions.person_invite import invite_person, resend_invitation, withdraw_invitation
from crumbless.actions.profile_change import begin_email_change, change_profile
from crumbless.actions.team_change import change_team, drop_team, make_team
from crumbless.api.request_read import AnyRequest, platform_of, read_json, read_operator, take_token
from crumbless.domain.access import Session
from crumbless.domain.wire_people import (
    EmailChangeRequest,
    InviteRequest,
    PendingInvitation,
    PeopleView,
    PersonChange,
    ProfileRequest,
    TeamRequest,
)
from crumbless.store.invitation_store import Invitation, pending_invitations
from crumbless.store.operator_store import list_people
from crumbless.store.team_store import list_teams

T = TypeVar("T")


async def get_people(request: AnyRequest) -> Response[bytes]:
    """GET /v1/desk/people."""
    session = await read_operator(request)

    def read(connection: Connection) -> PeopleView:
        invited = pending_invitations(connection, session.workspace) if session.may("manage_people") else []
        people, teams = list_people(connection, session.workspace), list_teams(connection, session.workspace)
        return PeopleView(people, teams, [_tell_invitation(one) for one in invited])

    return _json(await platform_of(request).reader.read(read))


def _tell_invitation(one: Invitation) -> PendingInvitation:
    return PendingInvitation(
        one.id,
        one.email,
        one.name,
        one.role,
        [*one.teams],
        one.language,
        one.invited_by,
        one.created_at,
        one.expires_at,
    )


# --- invitations --------------------------------------------------------------------------------------------------


async def post_invite(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/people/invite."""
    session, wanted = await read_operator(request), await read_json(request, InviteRequest)
    platform = platform_of(request)
    take_token(platform.limits.invitations, str(session.workspace))
    await platform.ledger.write(lambda connection: invite_person(connection, session, wanted, platform.vault))
    return _nothing()


async def post_resend(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/invitations/ID/resend."""
    session = await read_operator(request)
    platform = platform_of(request)
    invitation: str = request.path_params["invitation"]
    take_token(platform.limits.invitations, str(session.workspace))
    await platform.ledger.write(lambda connection: resend_invitation(connection, session, invitation, platform.vault))
    return _nothing()


async def post_revoke(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/invitations/ID/revoke."""
    session = await read_operator(request)
    invitation: str = request.path_params["invitation"]
    await _write(request, lambda connection: withdraw_invitation(connection, session, invitation))
    return _nothing()


# --- people -------------------------------------------------------------------------------------------------------


async def post_person(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/people/ID."""
    session, wanted = await read_operator(request), await read_json(request, PersonChange)
    person = _person(request)
    await _write(request, lambda connection: change_person(connection, session, person, wanted))
    platform_of(request).bus.change_person(session.workspace, person)
    return _nothing()


async def post_disable(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/people/ID/disable."""
    session, person = await read_operator(request), _person(request)
    ended = await _write(request, lambda connection: disable_person(connection, session, person))
    _tell_ended(request, ended)
    platform_of(request).bus.change_person(session.workspace, person)
    return _nothing()


async def post_enable(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/people/ID/enable."""
    session, person = await read_operator(request), _person(request)
    await _write(request, lambda connection: enable_person(connection, session, person))
    return _nothing()


async def post_end_sessions(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/people/ID/end-sessions."""
    session, person = await read_operator(request), _person(request)
    _tell_ended(request, await _write(request, lambda connection: sign_out_person(connection, session, person)))
    return _nothing()


def _tell_ended(request: AnyRequest, ended: Sequence[Session]) -> None:
    for one in ended:
        platform_of(request).bus.end_session(one)


def _person(request: AnyRequest) -> str:
    return request.path_params["person"]


# --- teams --------------------------------------------------------------------------------------------------------


async def post_team_add(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/teams."""
    session, wanted = await read_operator(request), await read_json(request, TeamRequest)
    return _json(await _write(request, lambda connection: make_team(connection, session, wanted)))


async def post_team(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/teams/ID."""
    session, wanted = await read_operator(request), await read_json(request, TeamRequest)
    team: str = request.path_params["team"]
    return _json(await _write(request, lambda connection: change_team(connection, session, team, wanted)))


async def post_team_remove(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/teams/ID/remove."""
    session = await read_operator(request)
    team: str = request.path_params["team"]
    await _write(request, lambda connection: drop_team(connection, session, team))
    return _nothing()


# --- oneself ------------------------------------------------------------------------------------------------------


async def post_me(request: AnyRequest) -> Response[bytes]:
    """POST /v1/desk/me."""
    session, wanted = await read_operator(request), await read_json(request, ProfileRequest)
    changed = await _write(request, lambda connection: change_profile(connection, session, wanted))
    # What they write from now on carries the new name.
    platform_of(request).bus.change_person(session.workspace, session.subject)
    return _json(changed)


async def post_me_email(request: AnyRequest) -> Response[None]:
    """POST /v1/desk/me/email."""
    session, wanted = await read_operator(request), await read_json(request, EmailChangeRequest)
    platform = platform_of(request)
    take_token(platform.limits.invitations, session.subject)
    await _write(request, lambda connection: begin_email_change(connection, session, wanted.email, platform.vault))
    return _nothing()


async def _write(request: AnyRequest, work: Callable[[Connection], T]) -> T:
    return await platform_of(request).ledger.write(work)


def _json(answer: object) -> Response[bytes]:
    return Response(msgspec.json.encode(answer), status_code=200, media_type="application/json")


def _nothing() -> Response[None]:
    return Response(None, status_code=204)
