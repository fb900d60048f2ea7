"""The kinds of things that an operator has, of all subjects (people/handover.py). Each row is handed over."""

from collections.abc import Sequence

from crumbless.people.handover import HandoverRow
from crumbless.people.invitation_handover import INVITATIONS
from crumbless.people.team_handover import TEAMS
from crumbless.retention.request_handover import REQUESTS

HANDOVER: Sequence[HandoverRow] = (REQUESTS, INVITATIONS, TEAMS)
