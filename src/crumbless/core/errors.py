"""All errors that are raised on purpose, with one table of error codes.

- ApiError: a request or frame is rejected, with a documented code.
- SettingsError: the start or a command fails, with a message of one line.

docs/protocol.md lists every code; tests/house checks that the two lists are equal.
"""

from dataclasses import dataclass


class CrumblessError(Exception):
    """Base class of all errors that this project raises on purpose."""


class SettingsError(CrumblessError):
    """A setting is invalid. The message is one line that names the setting and the accepted values."""


@dataclass(frozen=True, slots=True)
class ErrorSpec:
    """The response of a code: HTTP status, the error, and what the client or user can do."""

    status: int
    title: str
    detail: str


ERROR_SPECS: dict[str, ErrorSpec] = {
    "malformed": ErrorSpec(
        400, "The request could not be read", "Send one JSON object in UTF-8, nested at most a few levels."
    ),
    "unknown_op": ErrorSpec(400, "There is no such frame", "See the list of frames in the protocol."),
    "invalid": ErrorSpec(
        400, "A field is missing, unknown, too long or of the wrong type", "See the protocol for the fields."
    ),
    "empty_text": ErrorSpec(400, "The message is empty", "Write a message."),
    "text_too_long": ErrorSpec(400, "The message is too long", "Shorten it to 8,000 characters."),
    "bad_text": ErrorSpec(
        400, "The message contains control characters", "Remove them; line breaks and tabs are fine."
    ),
    "bad_id": ErrorSpec(400, "The ID is not a UUID", "Use a UUID in lower-case hyphenated form."),
    "use_dpop_nonce": ErrorSpec(
        401, "The proof needs a current nonce", "Sign again with the DPoP-Nonce of this response."
    ),
    "invalid_proof": ErrorSpec(
        401, "The proof was refused", "Sign a new proof for this request with the session's key."
    ),
    "invalid_token": ErrorSpec(401, "This session has ended", "Sign in again."),
    "identity_refused": ErrorSpec(
        401, "Identity verification failed", "Reload the page, or sign in to the website again."
    ),
    "identity_needed": ErrorSpec(401, "Please sign in on the website first", "The chat is available after that."),
    "wrong_sign_in": ErrorSpec(401, "Email or password is wrong", "Check both and try again."),
    "wrong_password": ErrorSpec(400, "The password is wrong", "Enter your current password again."),
    "wrong_code": ErrorSpec(400, "The code is wrong", "Enter the current code of your app, or a recovery code."),
    "weak_password": ErrorSpec(400, "This password is too easy to guess", "Choose a longer or less common one."),
    "passkey_refused": ErrorSpec(401, "The passkey was not accepted", "Try again, or sign in with your password."),
    "provider_refused": ErrorSpec(
        401, "Signing in at the identity provider failed", "Try again, or sign in with your password."
    ),
    "unknown_identity": ErrorSpec(
        401,
        "This account is not linked to an operator here",
        "Sign in another way and connect it under Security, or accept your invitation with it.",
    ),
    "identity_taken": ErrorSpec(
        409, "This account is already linked to another operator", "Choose another account, or sign in with it."
    ),
    "provider_away": ErrorSpec(
        503, "The identity provider is not responding", "Try again in a minute, or use your password."
    ),
    "foreign_origin": ErrorSpec(
        403, "This page may not use this chat", "Add the page's address to the site in the desk."
    ),
    "banned": ErrorSpec(403, "This chat is not available to you", "Please contact the website in another way."),
    "forbidden": ErrorSpec(403, "Permission denied", "Ask the owner of the workspace."),
    "provider_only": ErrorSpec(
        403, "Your workspace signs in at its provider", "Use the button of the provider to sign in."
    ),
    "second_factor_needed": ErrorSpec(
        403, "Your workspace requires a second factor", "Set up an authenticator app or a passkey first."
    ),
    "step_up": ErrorSpec(
        403, "This needs a recent sign-in", "Confirm with your password, code or passkey, then try again."
    ),
    "not_found": ErrorSpec(404, "Not found", "Check the address."),
    "unknown_conversation": ErrorSpec(
        404, "There is no such conversation", "Check its ID. It may belong to another visitor or workspace."
    ),
    "method_not_allowed": ErrorSpec(405, "Method not allowed", "See the protocol for the methods."),
    "other_identity": ErrorSpec(
        409, "This chat belongs to another visitor", "End this chat first. Then start a new one."
    ),
    "id_conflict": ErrorSpec(409, "Another message has this ID", "Send the message again with a new ID."),
    "erased": ErrorSpec(
        410, "This conversation has been erased", "It cannot be continued, and its messages cannot be sent again."
    ),
    "unknown_entry": ErrorSpec(404, "There is no such message in this conversation", "It may have been hidden."),
    "unknown_operator": ErrorSpec(
        404, "There is no such operator or team", "The operator must be active, and able to see the conversation."
    ),
    "unknown_label": ErrorSpec(404, "There is no such label", "It may have been deleted."),
    "too_late": ErrorSpec(403, "This message can no longer be changed", "Ask an admin, or write another message."),
    "deleted": ErrorSpec(410, "This message was deleted", "Write it again if you still want to send it."),
    "unchanged": ErrorSpec(409, "This is already so", "Nothing has to be done."),
    "last_owner": ErrorSpec(409, "A workspace needs an owner", "Make another operator an owner first."),
    "outdated_revision": ErrorSpec(409, "The consent question has changed", "Reload the page and ask again."),
    "ticket_gone": ErrorSpec(
        410, "This link or code no longer works", "It has been used or has expired. Request a new one."
    ),
    "stream_gone": ErrorSpec(410, "This stream has ended", "Open a new one."),
    "too_large": ErrorSpec(413, "The request is too large", "Send at most 64 KiB."),
    "unsupported_media_type": ErrorSpec(415, "The body is not JSON", "Send application/json."),
    "bad_picture": ErrorSpec(422, "The picture could not be read", "Send another JPEG, PNG, WebP or GIF."),
    "misdirected": ErrorSpec(421, "This server does not serve that host", "Use the server's public address."),
    "slow_down": ErrorSpec(429, "Too many requests", "Wait a moment and try again."),
    "work_needed": ErrorSpec(
        429, "Too many new conversations", "Solve the challenge in `work`, or wait a moment and try again."
    ),
    "internal": ErrorSpec(500, "Internal server error", "Try again. No acknowledged message is lost."),
    "busy": ErrorSpec(503, "The server is busy", "Wait a moment and try again."),
}


class ApiError(CrumblessError):
    """A request or frame is rejected with a documented `code`.

    Args:
        code: a key of ERROR_SPECS.
        detail: replaces the table's detail.
        retry_after: seconds after which a retry may succeed (0: a retry will not help).
        entry_id: the ID of the rejected entry, if any.
        work: the challenge of `work_needed`.
    """

    def __init__(self, code: str, detail: str = "", retry_after: float = 0, entry_id: str = "", work: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.spec = ERROR_SPECS[code]
        self.detail = detail or self.spec.detail
        self.retry_after = retry_after
        self.entry_id = entry_id
        self.work = work
