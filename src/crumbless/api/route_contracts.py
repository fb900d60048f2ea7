"""What each route of the API takes and gives, for docs/openapi.json and the tests that hold the server to it.

The refusals that follow from a route's kind (a body may be malformed, a session may have ended) are added by
`statuses_of`; a contract names what else its act refuses.
"""

from dataclasses import dataclass
from typing import Any

from crumbless.api.account_api import Nothing
from crumbless.api.routes import Route
from crumbless.api.stream_http import Batch, OpenRequest, PollRequest
from crumbless.domain import wire, wire_account, wire_identity, wire_operation, wire_people, wire_task
from crumbless.domain.consent import VisitorConsent
from crumbless.errors import REFUSALS

POSITION = {"type": "integer", "minimum": 0, "maximum": 2**53}
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Contract:
    """`takes`, `gives`: the types of both bodies, None for none. `query`: JSON Schemas of the parameters.

    `also`: further statuses of success, with bodies of their own.
    """

    takes: Any = None
    gives: Any = None
    status: int = 200
    codes: tuple[str, ...] = ()
    query: tuple[tuple[str, dict[str, Any]], ...] = ()
    media_type: str = JSON
    also: tuple[int, ...] = ()


def _limit(most: int) -> tuple[str, dict[str, Any]]:
    return "limit", {"type": "integer", "minimum": 1, "maximum": most}


_OIDC = ("provider_refused", "provider_away", "ticket_gone", "not_found", "busy")

_IDENTITY = ("banned", "foreign_origin", "slow_down", "busy")

_SIGN_IN = ("invalid_proof", "slow_down", "busy")
_PASSKEY = ("passkey_refused", "ticket_gone", "invalid", "busy")

_LINK = ("ticket_gone", "weak_password", "slow_down", "busy")

_BELOW = ("before", {"type": "integer", "minimum": 0, "maximum": 2**31 - 1})
_AUDITED = (
    ("act", {"type": "string", "pattern": "^[a-z_]{1,48}$"}),
    ("actor", {"type": "string", "pattern": "^[A-Za-z0-9-]{1,64}$"}),
)

CONTRACTS: dict[str, Contract] = {
    "GET /v1/check": Contract(gives=wire_operation.CheckAnswer, codes=("slow_down",)),
    "POST /v1/check": Contract(gives=wire_operation.CheckAnswer, codes=("slow_down",)),
    "POST /v1/visitor/start": Contract(
        wire.StartRequest,
        wire.StartAnswer,
        201,
        (
            *("not_found", "id_conflict", "empty_text", "erased", "slow_down", "busy", "invalid_proof"),
            *("foreign_origin", "banned", "identity_needed", "identity_refused", "other_identity", "work_needed"),
        ),
    ),
    "POST /v1/visitor/identify": Contract(
        wire_identity.IdentifyRequest,
        wire_identity.IdentifyAnswer,
        codes=(
            *_IDENTITY,
            "invalid_token",
            "invalid_proof",
            "not_found",
            "identity_refused",
            "other_identity",
            "forbidden",
        ),
    ),
    "POST /v1/visitor/logout": Contract(None, None, 204, ("busy",)),
    "POST /v1/visitor/continue/code": Contract(gives=wire_identity.ContinueCode, codes=("slow_down", "busy")),
    "POST /v1/visitor/continue/mail": Contract(
        wire_identity.ContinueMailRequest, None, 204, ("invalid", "slow_down", "busy")
    ),
    "POST /v1/visitor/continue": Contract(
        wire_identity.ContinueRequest,
        wire_identity.SessionAnswer,
        codes=(*_IDENTITY, "invalid_proof", "ticket_gone", "identity_needed"),
    ),
    "GET /v1/desk/bans": Contract(gives=wire_identity.BansAnswer),
    "POST /v1/desk/bans": Contract(
        wire_identity.BanRequest, wire_identity.BansAnswer, 201, ("unknown_conversation", "invalid", "busy")
    ),
    "POST /v1/desk/bans/{ban}/lift": Contract(None, None, 204, ("not_found", "busy")),
    "GET /v1/desk/sites/{key}/identity": Contract(gives=wire_identity.SiteIdentity),
    "POST /v1/desk/sites/{key}/identity": Contract(
        wire_identity.IdentityModeRequest, wire_identity.SiteIdentity, codes=("busy",)
    ),
    "POST /v1/desk/sites/{key}/identity/keys": Contract(
        wire_identity.IdentityKeyRequest, wire_identity.IdentityKeyAnswer, 201, ("busy",)
    ),
    "POST /v1/desk/sites/{key}/identity/keys/{kid}/retire": Contract(gives=wire_identity.SiteIdentity, codes=("busy",)),
    "POST /v1/visitor/erase": Contract(gives=wire_identity.ErasedAnswer, codes=("slow_down", "busy")),
    "GET /v1/visitor/export": Contract(gives=wire.VisitorExport, codes=("slow_down", "busy")),
    "POST /v1/visitor/consent": Contract(VisitorConsent, None, 204, ("not_found",)),
    "POST /v1/consent": Contract(
        wire.ConsentRequest,
        wire.ConsentAnswer,
        201,
        ("not_found", "foreign_origin", "outdated_revision", "id_conflict", "slow_down", "busy"),
    ),
    "GET /v1/consent/{receipt}": Contract(
        gives=dict[str, Any], codes=("not_found", "slow_down"), media_type="application/ld+json"
    ),
    "POST /v1/desk/sign-in": Contract(
        wire_account.SignInRequest,
        wire_account.SignInAnswer,
        codes=("wrong_sign_in", "provider_only", "invalid_proof", "slow_down", "busy"),
        also=(202,),
    ),
    "POST /v1/desk/sign-in/code": Contract(
        wire_account.CodeRequest, wire_account.SignInAnswer, codes=("wrong_code", "ticket_gone", *_SIGN_IN)
    ),
    "POST /v1/desk/sign-in/passkey/options": Contract(Nothing, wire_account.PasskeyOptions, codes=_SIGN_IN),
    "POST /v1/desk/sign-in/passkey": Contract(
        wire_account.PasskeyRequest, wire_account.SignInAnswer, codes=("passkey_refused", "ticket_gone", *_SIGN_IN)
    ),
    "POST /v1/desk/step-up": Contract(
        wire_account.StepUpRequest, None, 204, ("wrong_password", "wrong_code", "slow_down", "busy")
    ),
    "POST /v1/desk/step-up/passkey/options": Contract(gives=wire_account.PasskeyOptions, codes=("not_found", "busy")),
    "POST /v1/desk/step-up/passkey": Contract(wire_account.PasskeyRequest, None, 204, _PASSKEY),
    "GET /v1/desk/me/security": Contract(gives=wire_account.SecurityView),
    "POST /v1/desk/me/password": Contract(
        wire_account.PasswordRequest, None, 204, ("wrong_password", "weak_password", "slow_down", "busy")
    ),
    "POST /v1/desk/me/totp/begin": Contract(gives=wire_account.TotpSetUp, codes=("busy",)),
    "POST /v1/desk/me/totp/confirm": Contract(
        wire_account.TotpConfirm, wire_account.RecoveryCodes, codes=("wrong_code", "ticket_gone", "busy")
    ),
    "POST /v1/desk/me/totp/remove": Contract(wire_account.FactorRemove, None, 204, ("not_found", "busy")),
    "POST /v1/desk/me/recovery-codes": Contract(gives=wire_account.RecoveryCodes, codes=("not_found", "busy")),
    "POST /v1/desk/me/passkeys/options": Contract(gives=wire_account.PasskeyOptions, codes=("invalid", "busy")),
    "POST /v1/desk/me/passkeys": Contract(wire_account.PasskeyRequest, None, 204, _PASSKEY),
    "POST /v1/desk/me/passkeys/{passkey}/rename": Contract(wire_account.NameRequest, None, 204, ("busy",)),
    "POST /v1/desk/me/passkeys/{passkey}/remove": Contract(wire_account.FactorRemove, None, 204, ("invalid", "busy")),
    "POST /v1/desk/me/sessions/{session}/end": Contract(None, None, 204, ("busy",)),
    "POST /v1/desk/me/sessions/end-others": Contract(None, None, 204, ("busy",)),
    "POST /v1/desk/me/sessions/end-all": Contract(None, None, 204, ("busy",)),
    "GET /v1/desk/sign-in/ways": Contract(gives=wire_account.SignInWays),
    "POST /v1/desk/sign-in/oidc/start": Contract(
        wire_account.OidcSignInRequest, wire_account.OidcStartAnswer, codes=(*_OIDC, "invalid_proof", "slow_down")
    ),
    "POST /v1/desk/sign-in/oidc/finish": Contract(
        wire_account.OidcFinishRequest,
        wire_account.SignInAnswer,
        codes=(*_OIDC, "unknown_identity", "identity_taken", "invalid_proof", "slow_down"),
    ),
    "POST /v1/desk/me/identities/start": Contract(
        wire_account.OidcStartRequest, wire_account.OidcStartAnswer, codes=_OIDC
    ),
    "POST /v1/desk/me/identities/finish": Contract(
        wire_account.OidcFinishRequest, None, 204, (*_OIDC, "identity_taken")
    ),
    "POST /v1/desk/me/identities/remove": Contract(
        wire_account.IdentityRemoveRequest, None, 204, ("not_found", "busy")
    ),
    "POST /v1/desk/step-up/oidc/start": Contract(
        wire_account.OidcStartRequest, wire_account.OidcStartAnswer, codes=_OIDC
    ),
    "POST /v1/desk/step-up/oidc/finish": Contract(wire_account.OidcFinishRequest, None, 204, _OIDC),
    "POST /v1/desk/sign-out": Contract(None, None, 204, ("busy",)),
    "GET /v1/desk/me": Contract(gives=wire.Operator),
    "GET /v1/desk/conversations": Contract(
        gives=wire.InboxPage,
        query=(
            ("before", POSITION),
            _limit(100),
            ("status", {"type": "string", "enum": ["open", "snoozed", "closed"]}),
            ("waiting", {"type": "integer", "minimum": 1, "maximum": 1}),
        ),
    ),
    "GET /v1/desk/conversations/{conversation}": Contract(gives=wire.ConversationSummary),
    "GET /v1/desk/conversations/{conversation}/entries": Contract(
        gives=wire.TimelinePage, query=(("before", POSITION), _limit(200))
    ),
    "POST /v1/setup/read": Contract(wire_people.SecretRequest, wire_people.SetUpView, codes=_LINK),
    "POST /v1/setup": Contract(wire_people.SetUpRequest, wire_people.SetUpAnswer, codes=(*_LINK, *_SIGN_IN)),
    "POST /v1/invitations/read": Contract(wire_people.SecretRequest, wire_people.InvitationView, codes=_LINK),
    "POST /v1/invitations/accept": Contract(
        wire_people.InvitationAcceptRequest, wire_account.SignInAnswer, codes=(*_LINK, *_SIGN_IN)
    ),
    "POST /v1/invitations/passkey/options": Contract(
        wire_account.InvitationUse, wire_account.PasskeyOptions, codes=("ticket_gone", *_SIGN_IN)
    ),
    "POST /v1/invitations/passkey": Contract(
        wire_account.PasskeyRequest, wire_account.SignInAnswer, codes=("passkey_refused", "ticket_gone", *_SIGN_IN)
    ),
    "POST /v1/reset/request": Contract(wire_people.ResetRequest, None, 204, ("slow_down", "busy")),
    "POST /v1/reset": Contract(wire_people.PasswordReset, None, 204, _LINK),
    "POST /v1/email/confirm": Contract(wire_people.SecretRequest, None, 204, _LINK),
    "POST /v1/desk/me": Contract(wire_people.ProfileRequest, wire.Operator, codes=("busy",)),
    "POST /v1/desk/me/email": Contract(wire_people.EmailChangeRequest, None, 204, ("slow_down", "busy")),
    "GET /v1/desk/people": Contract(gives=wire_people.PeopleView),
    "POST /v1/desk/people/invite": Contract(
        wire_people.InviteRequest, None, 204, ("not_found", "slow_down", "busy", "step_up")
    ),
    "POST /v1/desk/people/{person}": Contract(wire_people.PersonChange, None, 204, ("last_owner", "busy")),
    "POST /v1/desk/people/{person}/disable": Contract(None, None, 204, ("last_owner", "busy")),
    "POST /v1/desk/people/{person}/enable": Contract(None, None, 204, ("busy",)),
    "POST /v1/desk/people/{person}/end-sessions": Contract(None, None, 204, ("busy",)),
    "POST /v1/desk/invitations/{invitation}/resend": Contract(None, None, 204, ("slow_down", "busy")),
    "POST /v1/desk/invitations/{invitation}/revoke": Contract(None, None, 204, ("busy",)),
    "POST /v1/desk/teams": Contract(wire_people.TeamRequest, wire_people.Team, codes=("not_found", "busy")),
    "POST /v1/desk/teams/{team}": Contract(wire_people.TeamRequest, wire_people.Team, codes=("busy",)),
    "POST /v1/desk/teams/{team}/remove": Contract(None, None, 204, ("busy",)),
    "GET /v1/desk/sites": Contract(gives=wire_people.SitesView),
    "POST /v1/desk/sites": Contract(wire_people.SiteRequest, wire_people.SiteView, codes=("busy",)),
    "POST /v1/desk/sites/{key}": Contract(wire_people.SiteRequest, wire_people.SiteView, codes=("busy",)),
    "GET /v1/desk/sites/{key}/seen": Contract(gives=wire_people.SiteSeen),
    "GET /v1/desk/workspace": Contract(gives=wire_people.WorkspaceView),
    "POST /v1/desk/workspace": Contract(wire_people.WorkspaceRequest, wire_people.WorkspaceView, codes=("busy",)),
    "GET /v1/desk/account-policy": Contract(gives=wire_account.AccountPolicyView),
    "POST /v1/desk/account-policy": Contract(wire_account.AccountPolicyRequest, None, 204, ("busy",)),
    "GET /v1/desk/audit": Contract(gives=wire_people.AuditPage, query=(_BELOW, _limit(200), *_AUDITED)),
    "GET /v1/desk/audit/export": Contract(
        codes=("busy",), query=(("format", {"type": "string", "enum": ["csv", "jsonl"]}), *_AUDITED)
    ),
    "POST /v1/desk/me/photo": Contract(
        gives=wire_task.PhotoAnswer, codes=("unsupported_media_type", "bad_picture", "slow_down", "busy")
    ),
    "POST /v1/desk/me/photo/remove": Contract(gives=wire_task.PhotoAnswer, codes=("busy",)),
    "GET /v1/desk/tasks": Contract(gives=wire_task.DeadTasks),
    "POST /v1/desk/tasks/{task}/retry": Contract(None, None, 204, ("not_found", "busy")),
    "POST /v1/desk/tasks/{task}/drop": Contract(None, None, 204, ("not_found", "busy")),
    "POST /v1/stream/open": Contract(OpenRequest, Batch, codes=("slow_down", "busy")),
    "POST /v1/stream/poll": Contract(PollRequest, Batch, codes=("stream_gone",)),
    "POST /v1/stream/send": Contract(None, None, 204, ("stream_gone",)),
}


def name_of(route: Route) -> str:
    """The route's name in CONTRACTS: method and path."""
    return f"{route.method} {route.path.replace(':str}', '}')}"


def statuses_of(route: Route, contract: Contract) -> set[int]:
    """Every status that the route may answer with, other than its success."""
    codes = {*contract.codes, "misdirected", "slow_down"}
    if route.method == "POST":
        codes |= {"foreign_origin", "too_large"}
    if contract.takes is not None:
        codes |= {"malformed", "invalid", "unsupported_media_type"}
    if contract.query:
        codes |= {"invalid"}
    if route.who in {"visitor", "operator", "stream"}:
        codes |= {"invalid_token", "invalid_proof", "forbidden", "foreign_origin"}
    if route.who in {"visitor", "operator"} and contract.takes is not None:
        # The session ended while the body was on its way.
        codes |= {"busy"}
    if "{" in route.path:
        codes |= {"not_found"}
    return {REFUSALS[code].status for code in codes}
