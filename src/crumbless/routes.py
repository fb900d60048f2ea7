"""The table of all routes. The types of a route are in its handler's signature (see route.py).

tests/flow/test_who_may.py and tests/flow/test_role_table.py send requests to every row and prove its access.
"""

from collections.abc import Sequence
from functools import partial

from litestar.handlers import HTTPRouteHandler

from crumbless.accounts.account_wire import SignInStep
from crumbless.audit_log import audit_api
from crumbless.consent import consent_api, consent_views, tag_views
from crumbless.consent.consent_limits import ConsentLimits
from crumbless.consent.consent_wire import ConsentResponse
from crumbless.conversations import inbox_api, visitor_api
from crumbless.files import file_api
from crumbless.files.file_limits import UploadLimits
from crumbless.files.photo import MAX_BYTES
from crumbless.http.request_limits import RequestLimits
from crumbless.http.route import JSON, PUBLIC, STREAM, RateLimit, Route, RouteError, operator, visitor
from crumbless.http.route_adapter import handler_of
from crumbless.labels import label_api
from crumbless.operations import check_api, health_api, task_api
from crumbless.operator_data import operator_data_api
from crumbless.pages import page_views, policy_page, security_txt
from crumbless.people import people_api
from crumbless.people.people_limits import InvitationLimits
from crumbless.retention import deletion_api, request_api, retention_api
from crumbless.security.access import Visibility
from crumbless.server_data import server_data_api
from crumbless.sign_in import account_api, account_policy_api, oidc_api
from crumbless.sign_in.account_api import MAX_ACCOUNT_BODY as SMALL
from crumbless.sign_in.sign_in_limits import SignInLimits
from crumbless.sites import onboarding_api, site_api
from crumbless.stream import stream_http
from crumbless.stream.stream_http import Batch
from crumbless.visitors import ban_api, identity_api
from crumbless.visitors.privacy_wire import VisitorExport
from crumbless.visitors.visitor_limits import IdentityLimits, PrivacyLimits

# Access of operators: the permission, and the kind of things that the route names or reads.
OWN = operator("manage_own", Visibility.OWN)
INBOX = operator("read_inbox", Visibility.CONVERSATION)
CONVERSATIONS = operator("read_conversation", Visibility.CONVERSATION)
BAN = operator("ban_visitor", Visibility.CONVERSATION)
BANS = operator("ban_visitor", Visibility.WORKSPACE)
READ_LABELS = operator("read_inbox", Visibility.WORKSPACE)
READ_PEOPLE = operator("read_people", Visibility.WORKSPACE)
PEOPLE = operator("manage_people", Visibility.WORKSPACE)
TEAMS = operator("manage_people", Visibility.TEAM)
SITES = operator("manage_sites", Visibility.SITE)
SETTINGS = operator("manage_workspace", Visibility.WORKSPACE)
SECURITY = operator("manage_security", Visibility.WORKSPACE)
ERASE = operator("erase_data", Visibility.CONVERSATION)
REQUESTS = operator("erase_data", Visibility.WORKSPACE)
WORKSPACE = operator("delete_workspace", Visibility.WORKSPACE)
AUDIT = operator("read_audit", Visibility.WORKSPACE)

# Rate limits of several routes. If the key is in the body, the handler takes the token.
CHECKS = RateLimit(RequestLimits, "checks", before_body=True)
CONSENTS = RateLimit(ConsentLimits, "consents", before_body=True)
INVITATIONS = RateLimit(InvitationLimits, "invitations", "workspace")
PASSKEYS = RateLimit(SignInLimits, "passkey_asks")
PRIVACY = RateLimit(PrivacyLimits, "privacy")
SIGN_INS = RateLimit(SignInLimits, "sign_ins")

PAGE, SCRIPT, VALUE, LINES = ("text/html",), ("text/javascript",), (JSON,), ("application/jsonl",)
ONE = "/v1/desk/conversations/{conversation}"

# Codes of several routes, besides those that follow from the row.
LINK = ("ticket_gone", "weak_password")
PASSKEY = ("passkey_refused", "ticket_gone")
PROVIDER = ("provider_refused", "provider_away", "ticket_gone", "not_found")
OWNERS, GONE = ("last_owner",), ("not_found",)
MISSING = ("not_found", "unknown_conversation")
FIRST_MESSAGE = ("identity_needed", "not_found", "id_conflict", "empty_text", "erased", "deleted", "work_needed")
ANOTHER = ("banned", *FIRST_MESSAGE)
IDENTITY = ("banned", "identity_refused", "other_identity")

get, post, options = partial(Route, "GET"), partial(Route, "POST"), partial(Route, "OPTIONS")
export = partial(Route, "GET", step_up=True, gives=LINES, refuses=("busy",))

ROUTES = (
    get("/", page_views.get_root, PUBLIC, gives=PAGE),
    get("/healthz", health_api.get_health, PUBLIC, gives=VALUE),
    get("/readyz", health_api.get_ready, PUBLIC, gives=VALUE),
    get("/metrics", health_api.get_metrics, PUBLIC, gives=("text/plain",)),
    get("/favicon.svg", page_views.get_icon, PUBLIC, gives=("image/svg+xml",)),
    get("/assets/{name}", page_views.get_asset, PUBLIC, gives=("text/javascript", "text/css")),
    get("/w/{name}", page_views.get_loader, PUBLIC, gives=SCRIPT),
    get("/consent.js", consent_views.get_consent, PUBLIC, gives=SCRIPT),
    get("/consent/{key}/{name}", consent_views.get_consent_words, PUBLIC, gives=SCRIPT),
    get("/chat/{key}", page_views.get_frame, PUBLIC, gives=PAGE),
    get("/desk", page_views.get_desk, PUBLIC, gives=PAGE),
    get("/policy", policy_page.get_policy, PUBLIC, gives=PAGE),
    get("/policy/{key}", policy_page.get_site_policy, PUBLIC, gives=PAGE),
    get("/storage.json", policy_page.get_disclosure, PUBLIC, gives=VALUE),
    get("/tags/{key}/{name}", tag_views.get_tag, PUBLIC, gives=SCRIPT),
    get("/v1/check", check_api.check, PUBLIC, limit=CHECKS),
    post("/v1/check", check_api.check, PUBLIC, limit=CHECKS),
    post(
        "/v1/visitor/start",
        visitor_api.start,
        PUBLIC,
        status=201,
        refuses=(*IDENTITY, *FIRST_MESSAGE, "invalid_proof"),
    ),
    get("/v1/visitor/conversations", visitor_api.get_conversations, visitor("read_conversation")),
    post(
        "/v1/visitor/conversations", visitor_api.post_conversation, visitor("send_message"), status=201, refuses=ANOTHER
    ),
    post("/v1/visitor/erase", visitor_api.erase, visitor("erase_own"), limit=PRIVACY),
    get(
        "/v1/visitor/export",
        visitor_api.export,
        visitor("export_own"),
        limit=PRIVACY,
        gives=VisitorExport,
        refuses=("busy",),
    ),
    post("/v1/visitor/consent", visitor_api.post_consent, visitor("consent_own"), refuses=MISSING),
    post(
        "/v1/visitor/identify",
        identity_api.post_identify,
        PUBLIC,
        limit=RateLimit(IdentityLimits, "identifies"),
        refuses=(*IDENTITY, "invalid_token", "invalid_proof", "forbidden", "not_found"),
    ),
    post("/v1/visitor/logout", identity_api.post_logout, visitor("identify_own")),
    post(
        "/v1/visitor/continue/code",
        identity_api.post_device_transfer_code,
        visitor("continue_own"),
        limit=RateLimit(IdentityLimits, "device_transfer_codes", "subject"),
        refuses=("unknown_conversation",),
    ),
    post(
        "/v1/visitor/continue/mail",
        identity_api.post_device_transfer_mail,
        visitor("continue_own"),
        refuses=("unknown_conversation",),
    ),
    post(
        "/v1/visitor/continue",
        identity_api.post_device_transfer,
        PUBLIC,
        refuses=("banned", "ticket_gone", "identity_needed"),
    ),
    options("/v1/consent", consent_api.options_consent, PUBLIC, pages="site", limit=CONSENTS, gives=()),
    post(
        "/v1/consent",
        consent_api.post_consent,
        PUBLIC,
        pages="site",
        limit=CONSENTS,
        status=201,
        gives=ConsentResponse,
        refuses=("not_found", "outdated_revision", "id_conflict"),
    ),
    get("/v1/consent/{receipt}", consent_api.get_consent, PUBLIC, limit=CONSENTS, media="application/ld+json"),
    get("/consent/keys.json", consent_api.get_keys, PUBLIC, gives=VALUE),
    get("/.well-known/gpc.json", consent_api.get_gpc, PUBLIC, gives=VALUE),
    get("/.well-known/security.txt", security_txt.get_security_txt, PUBLIC, gives=("text/plain",)),
    post(
        "/v1/desk/sign-in",
        account_api.post_sign_in,
        PUBLIC,
        limit=SIGN_INS,
        most=SMALL,
        also={202: SignInStep},
        refuses=("wrong_sign_in", "provider_only"),
    ),
    post(
        "/v1/desk/sign-in/code",
        account_api.post_sign_in_code,
        PUBLIC,
        limit=SIGN_INS,
        most=SMALL,
        refuses=("wrong_code", "ticket_gone"),
    ),
    post("/v1/desk/sign-in/passkey/options", account_api.post_passkey_options, PUBLIC, limit=PASSKEYS, most=SMALL),
    post("/v1/desk/sign-in/passkey", account_api.post_passkey, PUBLIC, limit=PASSKEYS, most=SMALL, refuses=PASSKEY),
    get("/desk/oidc/{provider}", page_views.get_oidc_return, PUBLIC, gives=PAGE),
    get("/v1/desk/sign-in/methods", oidc_api.get_sign_in_methods, PUBLIC),
    post("/v1/desk/sign-in/oidc/start", oidc_api.post_sign_in_start, PUBLIC, limit=SIGN_INS, refuses=PROVIDER),
    post(
        "/v1/desk/sign-in/oidc/finish",
        oidc_api.post_sign_in_finish,
        PUBLIC,
        limit=SIGN_INS,
        refuses=(*PROVIDER, "unknown_identity", "identity_taken"),
    ),
    post("/v1/desk/me/oidc-accounts/start", oidc_api.post_link_start, OWN, step_up=True, refuses=PROVIDER),
    post("/v1/desk/me/oidc-accounts/finish", oidc_api.post_link_finish, OWN, refuses=(*PROVIDER, "identity_taken")),
    post("/v1/desk/me/oidc-accounts/remove", oidc_api.post_unlink, OWN, step_up=True, refuses=("not_found",)),
    post("/v1/desk/step-up/oidc/start", oidc_api.post_step_up_start, OWN, refuses=PROVIDER),
    post("/v1/desk/step-up/oidc/finish", oidc_api.post_step_up_finish, OWN, refuses=PROVIDER),
    post(
        "/v1/desk/step-up",
        account_api.post_step_up,
        OWN,
        sets_up=True,
        most=SMALL,
        refuses=("wrong_password", "wrong_code"),
    ),
    post("/v1/desk/step-up/passkey/options", account_api.post_step_up_passkey_options, OWN, refuses=("not_found",)),
    post("/v1/desk/step-up/passkey", account_api.post_step_up_passkey, OWN, most=SMALL, refuses=PASSKEY),
    get("/v1/desk/me/security", account_api.get_security, OWN, sets_up=True),
    post(
        "/v1/desk/me/password",
        account_api.post_password,
        OWN,
        step_up=True,
        most=SMALL,
        refuses=("wrong_password", "weak_password"),
    ),
    post("/v1/desk/me/totp/begin", account_api.post_totp_begin, OWN, step_up=True, sets_up=True),
    post(
        "/v1/desk/me/totp/confirm",
        account_api.post_totp_confirm,
        OWN,
        step_up=True,
        sets_up=True,
        most=SMALL,
        refuses=("wrong_code", "ticket_gone"),
    ),
    post(
        "/v1/desk/me/totp/remove", account_api.post_totp_remove, OWN, step_up=True, most=SMALL, refuses=("not_found",)
    ),
    post("/v1/desk/me/recovery-codes", account_api.post_recovery_codes, OWN, step_up=True, refuses=("not_found",)),
    post(
        "/v1/desk/me/passkeys/options",
        account_api.post_add_passkey_options,
        OWN,
        step_up=True,
        sets_up=True,
        refuses=("invalid",),
    ),
    post(
        "/v1/desk/me/passkeys",
        account_api.post_add_passkey,
        OWN,
        step_up=True,
        sets_up=True,
        most=SMALL,
        refuses=PASSKEY,
    ),
    post("/v1/desk/me/passkeys/{passkey}/rename", account_api.post_rename_passkey, OWN, most=SMALL),
    post("/v1/desk/me/passkeys/{passkey}/remove", account_api.post_remove_passkey, OWN, step_up=True, most=SMALL),
    post("/v1/desk/me/sessions/{session}/end", account_api.post_end_session, OWN, step_up=True),
    post("/v1/desk/me/sessions/end-others", account_api.post_end_others, OWN, step_up=True),
    post("/v1/desk/me/sessions/end-all", account_api.post_end_all, OWN, step_up=True),
    post("/v1/desk/sign-out", account_api.post_sign_out, OWN, sets_up=True),
    get("/v1/desk/me", inbox_api.get_me, OWN, sets_up=True),
    get("/v1/desk/conversations", inbox_api.get_conversations, INBOX),
    get("/v1/desk/conversations/{conversation}", inbox_api.get_conversation, CONVERSATIONS),
    get("/v1/desk/conversations/{conversation}/entries", inbox_api.get_entries, CONVERSATIONS),
    post("/v1/setup/read", onboarding_api.post_setup_read, PUBLIC, limit=SIGN_INS, refuses=LINK),
    post("/v1/setup", onboarding_api.post_setup, PUBLIC, limit=SIGN_INS, refuses=LINK),
    post("/v1/invitations/read", onboarding_api.post_invitation_read, PUBLIC, limit=SIGN_INS, refuses=LINK),
    post("/v1/invitations/accept", onboarding_api.post_invitation_accept, PUBLIC, limit=SIGN_INS, refuses=LINK),
    post(
        "/v1/invitations/passkey/options",
        onboarding_api.post_invitation_passkey_options,
        PUBLIC,
        limit=PASSKEYS,
        refuses=("ticket_gone",),
    ),
    post(
        "/v1/invitations/passkey",
        onboarding_api.post_invitation_passkey,
        PUBLIC,
        limit=PASSKEYS,
        most=SMALL,
        refuses=PASSKEY,
    ),
    post("/v1/reset/request", onboarding_api.post_reset_request, PUBLIC, limit=SIGN_INS),
    post("/v1/reset", onboarding_api.post_reset, PUBLIC, limit=SIGN_INS, refuses=LINK),
    post("/v1/email/confirm", onboarding_api.post_email_confirm, PUBLIC, limit=SIGN_INS, refuses=LINK),
    post("/v1/desk/me", people_api.post_me, OWN),
    post(
        "/v1/desk/me/email",
        people_api.post_me_email,
        OWN,
        step_up=True,
        limit=RateLimit(InvitationLimits, "invitations", "subject"),
    ),
    export("/v1/desk/me/export", operator_data_api.get_own_export, OWN),
    get("/v1/desk/people", people_api.get_people, READ_PEOPLE),
    post("/v1/desk/people/invite", people_api.post_invite, PEOPLE, step_up=True, limit=INVITATIONS, refuses=GONE),
    post("/v1/desk/people/{person}", people_api.post_person, PEOPLE, step_up=True, refuses=OWNERS),
    post("/v1/desk/people/{person}/disable", people_api.post_disable, PEOPLE, step_up=True, refuses=OWNERS),
    post("/v1/desk/people/{person}/anonymise", operator_data_api.post_anonymise, PEOPLE, step_up=True, refuses=OWNERS),
    get("/v1/desk/people/{person}/handover", people_api.get_handover, PEOPLE),
    post("/v1/desk/people/{person}/enable", people_api.post_enable, PEOPLE, step_up=True),
    post("/v1/desk/people/{person}/end-sessions", people_api.post_end_sessions, PEOPLE),
    post("/v1/desk/invitations/{invitation}/resend", people_api.post_resend, PEOPLE, step_up=True, limit=INVITATIONS),
    post("/v1/desk/invitations/{invitation}/revoke", people_api.post_revoke, PEOPLE),
    post("/v1/desk/teams", people_api.post_team_add, TEAMS, refuses=("not_found",)),
    post("/v1/desk/teams/{team}", people_api.post_team, TEAMS),
    post("/v1/desk/teams/{team}/remove", people_api.post_team_remove, TEAMS),
    get("/v1/desk/labels", label_api.get_labels, READ_LABELS),
    post("/v1/desk/labels", label_api.post_label_add, SETTINGS),
    post("/v1/desk/labels/{label}", label_api.post_label, SETTINGS),
    post("/v1/desk/labels/{label}/remove", label_api.post_label_remove, SETTINGS),
    get("/v1/desk/sites", site_api.get_sites, SITES),
    post("/v1/desk/sites", site_api.post_site_add, SITES),
    post("/v1/desk/sites/{key}", site_api.post_site, SITES, step_up=True),
    get("/v1/desk/sites/{key}/seen", site_api.get_site_seen, SITES),
    get("/v1/desk/workspace", site_api.get_workspace, SETTINGS),
    post("/v1/desk/workspace", site_api.post_workspace, SETTINGS),
    get("/v1/desk/account-policy", account_policy_api.get_account_policy, SECURITY),
    post("/v1/desk/account-policy", account_policy_api.post_account_policy, SECURITY, step_up=True),
    get("/v1/desk/server-data", server_data_api.get_server_data, SETTINGS),
    get(
        "/v1/desk/server-data/export",
        server_data_api.get_server_data_export,
        SETTINGS,
        gives=("text/csv", JSON),
    ),
    get("/v1/desk/audit", audit_api.get_audit_log, AUDIT),
    get(
        "/v1/desk/audit/export",
        audit_api.get_audit_log_export,
        AUDIT,
        step_up=True,
        gives=("text/csv", "application/jsonl"),
        refuses=("busy",),
    ),
    post(
        "/v1/desk/me/photo",
        file_api.post_photo,
        OWN,
        limit=RateLimit(UploadLimits, "uploads", "subject"),
        most=MAX_BYTES,
        refuses=("unsupported_media_type", "bad_picture"),
    ),
    post("/v1/desk/me/photo/remove", file_api.post_photo_remove, OWN),
    get("/files/{file}/{name}", file_api.get_file, PUBLIC, gives=("image/webp",)),
    get("/v1/desk/bans", ban_api.get_bans, BANS),
    get("/v1/desk/conversations/{conversation}/ban", ban_api.get_ban_preview, BAN),
    post("/v1/desk/bans", ban_api.post_ban, BAN, status=201, refuses=("unknown_conversation",)),
    post("/v1/desk/bans/{ban}/lift", ban_api.post_lift_ban, BANS),
    get("/v1/desk/sites/{key}/identity", identity_api.get_site_identity, SITES),
    post("/v1/desk/sites/{key}/identity", identity_api.post_site_identity, SITES, step_up=True),
    post("/v1/desk/sites/{key}/identity/keys", identity_api.post_identity_key, SITES, step_up=True, status=201),
    post("/v1/desk/sites/{key}/identity/keys/{kid}/retire", identity_api.post_retire_key, SITES, step_up=True),
    get("/v1/desk/retention", retention_api.get_retention, SETTINGS),
    post("/v1/desk/retention", retention_api.post_retention, SETTINGS, step_up=True, refuses=("not_found",)),
    post("/v1/desk/retention/preview", retention_api.post_retention_preview, SETTINGS, refuses=("not_found",)),
    get("/v1/desk/deletions", retention_api.get_deletions, SETTINGS),
    post(f"{ONE}/delete", deletion_api.post_conversation_delete, ERASE, step_up=True, refuses=("erased",)),
    post(f"{ONE}/visitor/delete", deletion_api.post_visitor_delete, ERASE, step_up=True, refuses=("erased",)),
    export(f"{ONE}/export", deletion_api.get_conversation_export, ERASE),
    export(f"{ONE}/visitor/export", deletion_api.get_visitor_export, ERASE),
    post("/v1/desk/sites/{key}/delete", deletion_api.post_site_delete, SITES, step_up=True, refuses=("invalid",)),
    post("/v1/desk/sites/{key}/undo-delete", deletion_api.post_site_undo, SITES, refuses=("invalid",)),
    export("/v1/desk/sites/{key}/export", deletion_api.get_site_export, SITES),
    post("/v1/desk/workspace/delete", deletion_api.post_workspace_delete, WORKSPACE, step_up=True),
    post("/v1/desk/workspace/undo-delete", deletion_api.post_workspace_undo, WORKSPACE, refuses=("invalid",)),
    export("/v1/desk/workspace/export", deletion_api.get_workspace_export, WORKSPACE),
    get("/v1/desk/requests", request_api.get_requests, REQUESTS),
    post("/v1/desk/requests", request_api.post_request, REQUESTS, status=201),
    get("/v1/desk/requests/{person_request}", request_api.get_request, REQUESTS),
    post("/v1/desk/requests/{person_request}/take", request_api.post_request_take, REQUESTS, refuses=("invalid",)),
    post("/v1/desk/requests/{person_request}/close", request_api.post_request_close, REQUESTS),
    post(
        "/v1/desk/requests/{person_request}/erase",
        request_api.post_request_erase,
        REQUESTS,
        step_up=True,
        refuses=("invalid", "busy"),
    ),
    export("/v1/desk/requests/{person_request}/export", request_api.get_request_export, REQUESTS),
    get("/v1/desk/tasks", task_api.get_tasks, SETTINGS),
    post("/v1/desk/tasks/{task}/retry", task_api.post_retry, SETTINGS),
    post("/v1/desk/tasks/{task}/drop", task_api.post_drop, SETTINGS, step_up=True),
    # GET /v1/stream, the WebSocket, is not in the table: uvicorn passes the upgraded socket to stream_websocket.py.
    post("/v1/stream/open", stream_http.open_stream, PUBLIC, gives=Batch),
    post("/v1/stream/poll", stream_http.poll_stream, STREAM, refuses=("stream_gone",)),
    post("/v1/stream/send", stream_http.send_to_stream, STREAM, refuses=("stream_gone",)),
)


def route_handlers(further: Sequence[Route] = ()) -> list[HTTPRouteHandler]:
    """Return Litestar's handlers for the table and for `further` rows (of the demo).

    Raises:
        RouteError: if two rows have the same method and path.
    """
    rows = [*ROUTES, *further]
    names = [route.name for route in rows]
    if duplicates := {name for name in names if names.count(name) > 1}:
        raise RouteError(f"declared twice: {', '.join(sorted(duplicates))}")
    return [handler_of(route) for route in rows]
