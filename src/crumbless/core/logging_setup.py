"""Log lines: one line for each event, as text or as JSON, without personal data and secrets.

All messages of libraries and exceptions are filtered here. Control characters are escaped, so a client cannot forge a
line or colour a terminal. Tokens, passwords in URLs, email addresses and IP addresses are removed, as are the values in
a database's error messages.
"""

import ipaddress
import json
import logging
import re
import sys
import threading
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, Literal

LogFormat = Literal["text", "json"]

MAX_LINE = 32 * 1024
"""Maximum of characters of a message or traceback. The middle of a longer one is left out."""

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The ID of the current request, for all lines that are written during it."""

trace_id: ContextVar[str] = ContextVar("trace_id", default="")
"""The ID of the request's trace, if requests are traced."""

_SECRETS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\[parameters: [^\n]*"), "[parameters]"),
    (re.compile(r"\bDETAIL: [^\n]*"), "DETAIL"),
    (re.compile(r"://[^\s/@]{1,200}@"), "://[secret]@"),
    (re.compile(r"\b(dpop|bearer|basic)[ :=]+['\"]?[\w.~+/=-]{8,}", re.IGNORECASE), r"\1 [token]"),
    (re.compile(r"\bcr[a-z]_[\w-]{8,}"), "[token]"),
    (re.compile(r"\beyJ[\w-]{5,}(?:\.[\w-]*){0,2}"), "[token]"),
    (re.compile(r"[^\s@<>\"'(),;:=\[\]{}/]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}"), "[e-mail]"),
)
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,8}[\d.]{0,15})(?![\w])"
)
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def redact(text: str) -> str:
    """Return the text without tokens, passwords, email addresses and IP addresses (except this machine's)."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return _ADDRESS.sub(_redact_address, text)


def _redact_address(found: re.Match[str]) -> str:
    try:
        address = ipaddress.ip_address(found[0])
    except ValueError:
        return found[0]
    return found[0] if address.is_loopback or address.is_unspecified else "[address]"


def escape(text: str) -> str:
    """Return the text in one line, without characters that control a terminal or change the text direction."""
    return _CONTROL.sub(lambda found: _SHORT.get(found[0]) or f"\\u{ord(found[0]):04x}", text)


def _shorten(text: str) -> str:
    if len(text) <= MAX_LINE:
        return text
    return f"{text[: MAX_LINE // 2]} […] {text[-MAX_LINE // 2 :]}"


class LogFormatter(logging.Formatter):
    """Formats a log record as one line.

    A record may have `fields` (by `extra`): additional members of its JSON object. Their values must be our own,
    because they are not filtered.
    """

    def __init__(self, kind: LogFormat) -> None:
        super().__init__()
        self._make = _json_line if kind == "json" else _text_line

    def format(self, record: logging.LogRecord) -> str:
        """Return the line without its line feed."""
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redact(_shorten(_message_of(record))),
        }
        if request := request_id.get():
            fields["request"] = request
        if trace := trace_id.get():
            fields["trace"] = trace
        fields |= getattr(record, "fields", {})
        if record.exc_info and record.exc_info[0] is not None:
            fields["error"] = redact(_shorten("".join(traceback.format_exception(*record.exc_info)).rstrip()))
        return self._make(fields)


def _message_of(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        # A line with a wrong placeholder is better than a second error.
        return str(record.msg)


def _json_line(fields: dict[str, Any]) -> str:
    return json.dumps(fields, ensure_ascii=True, separators=(",", ":"), default=str).replace("\x7f", "\\u007f")


def _text_line(fields: dict[str, Any]) -> str:
    head = f"{fields.pop('time')} {fields.pop('level').upper()} {fields.pop('logger')}: {fields.pop('message')}"
    tail = "".join(f" {name}={value}" for name, value in fields.items())
    return escape(head + tail)


def configure_logging(kind: LogFormat, level: str) -> None:
    """Log to standard error, with lines of this kind.

    Libraries log nothing below `info`, because their debug messages contain what visitors sent.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogFormatter(kind))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(logging.getLevelNamesMapping()[level.upper()], logging.INFO))
    logging.getLogger("crumbless").setLevel(level.upper())
    # It lists its own plugins on each start.
    logging.getLogger("alembic.runtime.plugins").setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_end
    threading.excepthook = _log_thread_end


def _log_end(kind: type[BaseException], error: BaseException, trace: Any) -> None:
    logging.getLogger("crumbless").critical("ended with an unexpected error", exc_info=(kind, error, trace))


def _log_thread_end(ended: threading.ExceptHookArgs) -> None:
    error = ended.exc_value or ended.exc_type()
    logging.getLogger("crumbless").critical("a thread ended with an unexpected error", exc_info=error)
