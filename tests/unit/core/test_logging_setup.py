"""One event is one line, no client can control it, and it contains no personal data."""

import json
import logging
import sys
from typing import Any

import pytest

from crumbless.core.logging_setup import MAX_LINE, LogFormat, LogFormatter, escape, redact, request_id

FORGED = "hello\r\n2026-01-01T00:00:00Z INFO crumbless: owner signed in\x1b[2J\x9b31m\u2028\u202e\x00\x7f\ud800"
KINDS: tuple[LogFormat, ...] = ("text", "json")


def line(kind: LogFormat, message: str, *arguments: object, **more: Any) -> str:
    record = logging.LogRecord("crumbless.x", logging.WARNING, "x.py", 1, message, arguments, more.get("exc_info"))
    if "fields" in more:
        vars(record)["fields"] = more["fields"]
    return LogFormatter(kind).format(record)


def caught(error: Exception) -> Any:
    try:
        raise error
    except Exception:
        return sys.exc_info()


@pytest.mark.parametrize("kind", KINDS)
def test_payload_stays_one_escaped_line(kind: LogFormat) -> None:
    for made in (
        line(kind, "%s", FORGED),
        line(kind, FORGED),
        line(kind, "x", exc_info=caught(ValueError(FORGED))),
        line(kind, "x", fields={"route": FORGED}),
    ):
        assert made.splitlines() == [made], "the payload began a line"
        assert not any(ord(one) < 32 or 127 <= ord(one) < 160 or one in "\u202e\ud800" for one in made)
        assert "owner signed in" in made, "escaped, not dropped"


def test_json_has_the_documented_members() -> None:
    token = request_id.set("abcd1234")
    try:
        made = json.loads(line("json", "%d things", 3, fields={"ms": 1.5}, exc_info=caught(ValueError("no"))))
    finally:
        request_id.reset(token)
    assert made["time"].endswith("Z")
    assert made["time"][10] == "T"
    assert (made["level"], made["logger"], made["message"]) == ("warning", "crumbless.x", "3 things")
    assert (made["request"], made["ms"]) == ("abcd1234", 1.5)
    assert made["error"].startswith("Traceback")
    assert made["error"].endswith("ValueError: no")


def test_text_reads_from_left_to_right() -> None:
    made = line("text", "%d things", 3, fields={"ms": 1.5})
    assert made[24:] == " WARNING crumbless.x: 3 things ms=1.5"


def test_wrong_placeholder_does_not_lose_the_line() -> None:
    assert "%d things" in line("json", "%d things", "three")


def test_long_line_is_shortened_in_the_middle() -> None:
    made = line("text", "begin%send", "x" * 1_000_000)
    assert len(made) < MAX_LINE + 200
    assert "begin" in made
    assert made.endswith("end")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("token cro_abcDEF123-_x9 ended", "token [token] ended"),
        ("crv_aaaaaaaaaaaa", "[token]"),
        ("#invite=crt_aaaaaaaaaaaa", "#invite=[token]"),
        ("proof eyJhbGciOiJFUzI1NiJ9.eyJodG0iOiJHRVQifQ.c2lnbmF0dXJl!", "proof [token]!"),
        ("Authorization: DPoP abcdefghijkl", "Authorization: DPoP [token]"),
        ("Bearer: 'abcdefghijkl'", "Bearer [token]'"),
        ("postgresql://me:pa ss@db", "postgresql://me:pa [e-mail]"),
        ("postgresql://me:p:s@db.example/x", "postgresql://[secret]@db.example/x"),
        ("mail to olga.o+x@tea.example failed", "mail to [e-mail] failed"),
        ("<vera@localhost>", "<[e-mail]>"),
        ("user=vera@tea.example,", "user=[e-mail],"),
        ("from 203.0.113.7:4711", "from [address]:4711"),
        ("('203.0.113.7', 4711)", "('[address]', 4711)"),
        ("from 2001:db8::1 and [fe80::1%eth0]:80", "from [address] and [[address]%eth0]:80"),
        ("::ffff:203.0.113.7", "[address]"),
        ("(x) [parameters: ('Hello, I am Vera', 3)]", "(x) [parameters]"),
        ("DETAIL:  Key (email)=(Vera) already exists.", "DETAIL"),
    ],
)
def test_personal_data_is_redacted(text: str, left: str) -> None:
    assert redact(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "serves http://127.0.0.1:8000; the desk is at http://[::1]:8000/desk/",
        "uvicorn 0.54.0 at 12:30:45",
        "schema 0003, 99.5 %, std::string, crumbless.ledger.ledger: x",
        "GET /v1/desk/me 200 in 1.25 ms",
    ],
)
def test_other_values_are_not_redacted(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("text", ["a@" * 16_000, "1:" * 16_000, "a." * 16_000, "://" + "x" * 32_000, "1.2.3." * 6_000])
def test_no_payload_slows_the_redaction_down(text: str) -> None:
    # Not by the clock: the bound is in the patterns, and a quadratic one would take minutes and be ended as a hang.
    assert isinstance(redact(text), str)


def test_escaping_does_not_change_other_scripts() -> None:
    assert escape("Grüße, مرحبا, 你好 👋") == "Grüße, مرحبا, 你好 👋"
