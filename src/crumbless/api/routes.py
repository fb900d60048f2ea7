"""Every path in one table: method, path, who may, handler.

`who` is what the handler demands; tests/flow/test_who_may.py walks the table and proves it.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from crumbless.api import (
    account_api,
    account_policy_api,
    arrival_api,
    audit_api,
    ban_api,
    check_api,
    consent_api,
    consent_views,
    file_api,
    health_api,
    identity_api,
    oidc_api,
    operator_api,
    page_views,
    people_api,
    policy_page,
    site_api,
    stream_http,
    tag_views,
    task_api,
    visitor_api,
)
from crumbless.api.guard import PROBES
from crumbless.api.request_bounds import check_path_parameters
from crumbless.api.request_read import limit_requests
from crumbless.domain.access import Verb
from crumbless.domain.photo import MAX_BYTES
from crumbless.domain.wire import MAX_FRAME

Who = Literal["anyone", "visitor", "operator", "stream"]
Pages = Literal["own", "site"]
RouteGuard = Callable[[ASGIConnection[Any, Any, Any, Any], BaseRouteHandler], None]


class Route(NamedTuple):
    """One row of the table. `who` "stream": whoever the stream belongs to.

    `pages`: whose scripts may ask under /v1/. "own": ours alone. "site": those on the list of the site that the body
    names; the handler checks that, and lets them read the answer (CORS). `verb`: what the caller's role must allow.
    `fresh`: a dangerous act, for which the operator must have shown a factor within the last five minutes.
    `sets_up`: open to a session that lacks a required second factor, and may only set one up.
    `most`: bytes of the body; beyond them nothing more is read.
    """

    method: Literal["GET", "POST", "OPTIONS"]
    path: str
    who: Who
    handler: Callable[..., Awaitable[Any]]
    pages: Pages = "own"
    verb: Verb | None = None
    fresh: bool = False
    sets_up: bool = False
    most: int = MAX_FRAME

    def options(self) -> dict[str, object]:
        """What request_read.py enforces."""
        return {"pages": self.pages, "verb": self.verb, "fresh": self.fresh, "sets_up": self.sets_up}


ROUTES = (
    Route("GET", "/", "anyone", page_views.get_root),
    Route("GET", "/healthz", "anyone", health_api.get_health),
    Route("GET", "/readyz", "anyone", health_api.get_ready),
    Route("GET", "/metrics", "anyone", health_api.get_metrics),
    Route("GET", "/favicon.svg", "anyone", page_views.get_icon),
    Route("GET", "/assets/{name:str}", "anyone", page_views.get_asset),
    Route("GET", "/w/{name:str}", "anyone", page_views.get_loader),
    Route("GET", "/consent.js", "anyone", consent_views.get_consent),
    Route("GET", "/consent/{key:str}/{name:str}", "anyone", consent_views.get_consent_words),
    Route("GET", "/chat/{key:str}", "anyone", page_views.get_frame),
    Route("GET", "/desk", "anyone", page_views.get_desk),
    Route("GET", "/policy", "anyone", policy_page.get_policy),
    Route("GET", "/policy/{key:str}", "anyone", policy_page.get_site_policy),
    Route("GET", "/storage.json", "anyone", policy_page.get_disclosure),
    Route("GET", "/tags/{key:str}/{name:str}", "anyone", tag_views.get_tag),
    Route("GET", "/v1/check", "anyone", check_api.check),
    Route("POST", "/v1/check", "anyone", check_api.check),
    Route("POST", "/v1/visitor/start", "anyone", visitor_api.start),
    Route("POST", "/v1/visitor/erase", "visitor", visitor_api.erase, verb="erase_own"),
    Route("GET", "/v1/visitor/export", "visitor", visitor_api.export, verb="export_own"),
    Route("POST", "/v1/visitor/consent", "visitor", consent_api.post_visitor_consent),
    Route("POST", "/v1/visitor/identify", "anyone", identity_api.post_identify),
    Route("POST", "/v1/visitor/logout", "visitor", identity_api.post_logout, verb="identify_own"),
    Route("POST", "/v1/visitor/continue/code", "visitor", identity_api.post_continue_code, verb="continue_own"),
    Route("POST", "/v1/visitor/continue/mail", "visitor", identity_api.post_continue_mail, verb="continue_own"),
    Route("POST", "/v1/visitor/continue", "anyone", identity_api.post_continue),
    Route("OPTIONS", "/v1/consent", "anyone", consent_api.options_consent, "site"),
    Route("POST", "/v1/consent", "anyone", consent_api.post_consent, "site"),
    Route("GET", "/v1/consent/{receipt:str}", "anyone", consent_api.get_consent),
    Route("GET", "/consent/keys.json", "anyone", consent_api.get_keys),
    Route("GET", "/.well-known/gpc.json", "anyone", consent_api.get_gpc),
    Route("POST", "/v1/desk/sign-in", "anyone", account_api.post_sign_in),
    Route("POST", "/v1/desk/sign-in/code", "anyone", account_api.post_sign_in_code),
    Route("POST", "/v1/desk/sign-in/passkey/options", "anyone", account_api.post_passkey_options),
    Route("POST", "/v1/desk/sign-in/passkey", "anyone", account_api.post_passkey),
    Route("GET", "/desk/oidc/{provider:str}", "anyone", oidc_api.get_return),
    Route("GET", "/v1/desk/sign-in/ways", "anyone", oidc_api.get_ways),
    Route("POST", "/v1/desk/sign-in/oidc/start", "anyone", oidc_api.post_sign_in_start),
    Route("POST", "/v1/desk/sign-in/oidc/finish", "anyone", oidc_api.post_sign_in_finish),
    Route("POST", "/v1/desk/me/identities/start", "operator", oidc_api.post_link_start, verb="manage_own", fresh=True),
    Route("POST", "/v1/desk/me/identities/finish", "operator", oidc_api.post_link_finish, verb="manage_own"),
    Route("POST", "/v1/desk/me/identities/remove", "operator", oidc_api.post_unlink, verb="manage_own", fresh=True),
    Route("POST", "/v1/desk/step-up/oidc/start", "operator", oidc_api.post_step_up_start, verb="manage_own"),
    Route("POST", "/v1/desk/step-up/oidc/finish", "operator", oidc_api.post_step_up_finish, verb="manage_own"),
    Route("POST", "/v1/desk/step-up", "operator", account_api.post_step_up, verb="manage_own", sets_up=True),
    Route(
        "POST",
        "/v1/desk/step-up/passkey/options",
        "operator",
        account_api.post_step_up_passkey_options,
        verb="manage_own",
    ),
    Route("POST", "/v1/desk/step-up/passkey", "operator", account_api.post_step_up_passkey, verb="manage_own"),
    Route("GET", "/v1/desk/me/security", "operator", account_api.get_security, verb="manage_own", sets_up=True),
    Route("POST", "/v1/desk/me/password", "operator", account_api.post_password, verb="manage_own", fresh=True),
    Route(
        "POST",
        "/v1/desk/me/totp/begin",
        "operator",
        account_api.post_totp_begin,
        verb="manage_own",
        fresh=True,
        sets_up=True,
    ),
    Route(
        "POST",
        "/v1/desk/me/totp/confirm",
        "operator",
        account_api.post_totp_confirm,
        verb="manage_own",
        fresh=True,
        sets_up=True,
    ),
    Route("POST", "/v1/desk/me/totp/remove", "operator", account_api.post_totp_remove, verb="manage_own", fresh=True),
    Route(
        "POST", "/v1/desk/me/recovery-codes", "operator", account_api.post_recovery_codes, verb="manage_own", fresh=True
    ),
    Route(
        "POST",
        "/v1/desk/me/passkeys/options",
        "operator",
        account_api.post_add_passkey_options,
        verb="manage_own",
        fresh=True,
        sets_up=True,
    ),
    Route(
        "POST",
        "/v1/desk/me/passkeys",
        "operator",
        account_api.post_add_passkey,
        verb="manage_own",
        fresh=True,
        sets_up=True,
    ),
    Route(
        "POST",
        "/v1/desk/me/passkeys/{passkey:str}/rename",
        "operator",
        account_api.post_rename_passkey,
        verb="manage_own",
    ),
    Route(
        "POST",
        "/v1/desk/me/passkeys/{passkey:str}/remove",
        "operator",
        account_api.post_remove_passkey,
        verb="manage_own",
        fresh=True,
    ),
    Route(
        "POST",
        "/v1/desk/me/sessions/{session:str}/end",
        "operator",
        account_api.post_end_session,
        verb="manage_own",
        fresh=True,
    ),
    Route(
        "POST",
        "/v1/desk/me/sessions/end-others",
        "operator",
        account_api.post_end_others,
        verb="manage_own",
        fresh=True,
    ),
    Route("POST", "/v1/desk/me/sessions/end-all", "operator", account_api.post_end_all, verb="manage_own", fresh=True),
    Route("POST", "/v1/desk/sign-out", "operator", account_api.post_sign_out, sets_up=True),
    Route("GET", "/v1/desk/me", "operator", operator_api.get_me, sets_up=True),
    Route("GET", "/v1/desk/conversations", "operator", operator_api.get_conversations, verb="read_inbox"),
    Route(
        "GET",
        "/v1/desk/conversations/{conversation:str}",
        "operator",
        operator_api.get_conversation,
        verb="read_conversation",
    ),
    Route(
        "GET",
        "/v1/desk/conversations/{conversation:str}/entries",
        "operator",
        operator_api.get_entries,
        verb="read_conversation",
    ),
    Route("POST", "/v1/setup/read", "anyone", arrival_api.post_setup_read),
    Route("POST", "/v1/setup", "anyone", arrival_api.post_setup),
    Route("POST", "/v1/invitations/read", "anyone", arrival_api.post_invitation_read),
    Route("POST", "/v1/invitations/accept", "anyone", arrival_api.post_invitation_accept),
    Route("POST", "/v1/invitations/passkey/options", "anyone", arrival_api.post_invitation_passkey_options),
    Route("POST", "/v1/invitations/passkey", "anyone", arrival_api.post_invitation_passkey),
    Route("POST", "/v1/reset/request", "anyone", arrival_api.post_reset_request),
    Route("POST", "/v1/reset", "anyone", arrival_api.post_reset),
    Route("POST", "/v1/email/confirm", "anyone", arrival_api.post_email_confirm),
    Route("POST", "/v1/desk/me", "operator", people_api.post_me, verb="manage_own"),
    Route("POST", "/v1/desk/me/email", "operator", people_api.post_me_email, verb="manage_own", fresh=True),
    Route("GET", "/v1/desk/people", "operator", people_api.get_people, verb="read_people"),
    Route("POST", "/v1/desk/people/invite", "operator", people_api.post_invite, verb="manage_people", fresh=True),
    Route("POST", "/v1/desk/people/{person:str}", "operator", people_api.post_person, verb="manage_people", fresh=True),
    Route(
        "POST",
        "/v1/desk/people/{person:str}/disable",
        "operator",
        people_api.post_disable,
        verb="manage_people",
        fresh=True,
    ),
    Route(
        "POST",
        "/v1/desk/people/{person:str}/enable",
        "operator",
        people_api.post_enable,
        verb="manage_people",
        fresh=True,
    ),
    Route(
        "POST",
        "/v1/desk/people/{person:str}/end-sessions",
        "operator",
        people_api.post_end_sessions,
        verb="manage_people",
    ),
    Route(
        "POST",
        "/v1/desk/invitations/{invitation:str}/resend",
        "operator",
        people_api.post_resend,
        verb="manage_people",
        fresh=True,
    ),
    Route(
        "POST",
        "/v1/desk/invitations/{invitation:str}/revoke",
        "operator",
        people_api.post_revoke,
        verb="manage_people",
    ),
    Route("POST", "/v1/desk/teams", "operator", people_api.post_team_add, verb="manage_people"),
    Route("POST", "/v1/desk/teams/{team:str}", "operator", people_api.post_team, verb="manage_people"),
    Route("POST", "/v1/desk/teams/{team:str}/remove", "operator", people_api.post_team_remove, verb="manage_people"),
    Route("GET", "/v1/desk/sites", "operator", site_api.get_sites, verb="manage_sites"),
    Route("POST", "/v1/desk/sites", "operator", site_api.post_site_add, verb="manage_sites"),
    Route("POST", "/v1/desk/sites/{key:str}", "operator", site_api.post_site, verb="manage_sites", fresh=True),
    Route("GET", "/v1/desk/sites/{key:str}/seen", "operator", site_api.get_site_seen, verb="manage_sites"),
    Route("GET", "/v1/desk/workspace", "operator", site_api.get_workspace, verb="manage_workspace"),
    Route("POST", "/v1/desk/workspace", "operator", site_api.post_workspace, verb="manage_workspace"),
    Route("GET", "/v1/desk/account-policy", "operator", account_policy_api.get_account_policy, verb="manage_security"),
    Route(
        "POST",
        "/v1/desk/account-policy",
        "operator",
        account_policy_api.post_account_policy,
        verb="manage_security",
        fresh=True,
    ),
    Route("GET", "/v1/desk/audit", "operator", audit_api.get_audit, verb="read_audit"),
    Route("GET", "/v1/desk/audit/export", "operator", audit_api.get_audit_export, verb="read_audit", fresh=True),
    Route("POST", "/v1/desk/me/photo", "operator", file_api.post_photo, verb="manage_own", most=MAX_BYTES),
    Route("POST", "/v1/desk/me/photo/remove", "operator", file_api.post_photo_remove, verb="manage_own"),
    Route("GET", "/files/{file:str}/{name:str}", "anyone", file_api.get_file),
    Route("GET", "/v1/desk/bans", "operator", ban_api.get_bans, verb="ban_visitor"),
    Route("POST", "/v1/desk/bans", "operator", ban_api.post_ban, verb="ban_visitor"),
    Route("POST", "/v1/desk/bans/{ban:str}/lift", "operator", ban_api.post_lift_ban, verb="ban_visitor"),
    Route("GET", "/v1/desk/sites/{key:str}/identity", "operator", identity_api.get_site_identity, verb="manage_sites"),
    Route(
        "POST",
        "/v1/desk/sites/{key:str}/identity",
        "operator",
        identity_api.post_site_identity,
        verb="manage_sites",
        fresh=True,
    ),
    Route(
        "POST",
        "/v1/desk/sites/{key:str}/identity/keys",
        "operator",
        identity_api.post_identity_key,
        verb="manage_sites",
        fresh=True,
    ),
    Route(
        "POST",
        "/v1/desk/sites/{key:str}/identity/keys/{kid:str}/retire",
        "operator",
        identity_api.post_retire_key,
        verb="manage_sites",
        fresh=True,
    ),
    Route("GET", "/v1/desk/tasks", "operator", task_api.get_tasks, verb="manage_workspace"),
    Route("POST", "/v1/desk/tasks/{task:str}/retry", "operator", task_api.post_retry, verb="manage_workspace"),
    Route(
        "POST", "/v1/desk/tasks/{task:str}/drop", "operator", task_api.post_drop, verb="manage_workspace", fresh=True
    ),
    # GET /v1/stream, the WebSocket, never comes here: uvicorn hands the upgraded socket to stream_websocket.py.
    Route("POST", "/v1/stream/open", "anyone", stream_http.open_stream),
    Route("POST", "/v1/stream/poll", "stream", stream_http.poll_stream),
    Route("POST", "/v1/stream/send", "stream", stream_http.send_to_stream),
)


def guards_of(route: Route) -> list[RouteGuard]:
    """What is checked before the handler: the length of parameters, and the rate of requests without a session."""
    guards: list[RouteGuard] = [check_path_parameters] if "{" in route.path else []
    return guards if route.who != "anyone" or route.path in PROBES else [*guards, limit_requests]


def route_handlers() -> list[HTTPRouteHandler]:
    """The table as Litestar takes it."""
    return [
        HTTPRouteHandler(
            route.path,
            http_method=[route.method],
            opt=route.options(),
            request_max_body_size=route.most,
            guards=guards_of(route),
        )(
            route.handler  # pyright: ignore[reportArgumentType]
        )
        for route in ROUTES
    ]
