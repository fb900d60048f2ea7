"""The cases of the Autobahn test suite for a WebSocket server: the bytes of a client and the expected outcome.

Autobahn needs Python 2, so its groups 1 to 7 and 10 are listed here by their numbers. Groups 9 (limits and performance)
and 12 and 13 (compression, which the server declines) do not apply. The stream is no echo server. It answers each text
with one text, which reports `malformed` for these. Its own rules change two outcomes. A binary message closes the
stream with 1003. A message has at most 65,536 bytes, to which case 7.1.6 is reduced.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from support.raw_websocket import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_payload, frame

PROTOCOL_ERROR, BINARY_REFUSED, INVALID_TEXT = 1002, 1003, 1007
NORMAL_CLOSE = frame(CLOSE, close_payload(1000))
HELLO = b"Hello, world!"
GREEK = bytes.fromhex("cebae1bdb9cf83cebcceb5")


class Outcome(NamedTuple):
    """The server's frames: the number of texts, the payloads of pongs, and the code of its close frame."""

    close: int
    texts: int = 0
    pongs: tuple[bytes, ...] = ()


class Case(NamedTuple):
    """The client's writes, and the outcome."""

    writes: list[bytes]
    expected: Outcome


def accepted(*frames: bytes, texts: int = 0, pongs: Iterable[bytes] = ()) -> Case:
    """Return a case whose frames are valid. The client closes the connection after them."""
    return Case([b"".join(frames) + NORMAL_CLOSE], Outcome(1000, texts, tuple(pongs)))


def refused(*frames: bytes, code: int = PROTOCOL_ERROR, texts: int = 0, pongs: Iterable[bytes] = ()) -> Case:
    """Return a case in which the server closes the connection with this code."""
    return Case([b"".join(frames)], Outcome(code, texts, tuple(pongs)))


def cut(case: Case, size: int = 1) -> Case:
    """Return the case with writes of this many bytes."""
    data = b"".join(case.writes)
    return Case([data[at : at + size] for at in range(0, len(data), size)], case.expected)


def fragments(opcode: int, *payloads: bytes) -> bytes:
    """Return one message in these fragments."""
    last = len(payloads) - 1
    return b"".join(
        frame(CONTINUATION if at else opcode, payload, fin=at == last) for at, payload in enumerate(payloads)
    )


def in_bytes(text: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in text]


def numbered(prefix: str, cases: Iterable[Case]) -> Iterator[tuple[str, Case]]:
    for number, case in enumerate(cases, 1):
        yield f"{prefix}.{number}", case


def framing() -> Iterator[tuple[str, Case]]:
    lengths = (0, 125, 126, 127, 128, 65_535, 65_536)
    texts = [accepted(frame(TEXT, b"*" * length), texts=1) for length in lengths]
    binaries = [refused(frame(BINARY, b"\xfe" * length), code=BINARY_REFUSED) for length in lengths]
    yield from numbered("1.1", [*texts, cut(texts[-1], 997)])
    yield from numbered("1.2", [*binaries, cut(binaries[-1], 997)])


def pings() -> Iterator[tuple[str, Case]]:
    longest = b"\xfe" * 125
    ten = [f"payload-{number}".encode() for number in range(10)]
    many = accepted(*(frame(PING, one) for one in ten), pongs=ten)
    cases = [
        *(
            accepted(frame(PING, one), pongs=[one])
            for one in (b"", HELLO, b"\x00\xff\xfe\xfd\xfc\xfb\x00\xff", longest)
        ),
        refused(frame(PING, longest + b"\xfe")),
        cut(accepted(frame(PING, longest), pongs=[longest])),
        accepted(frame(PONG)),
        accepted(frame(PONG, b"unsolicited")),
        accepted(frame(PONG, b"unsolicited"), frame(PING, b"ping"), pongs=[b"ping"]),
        many,
        cut(many),
    ]
    yield from numbered("2", cases)


def reserved_bits() -> Iterator[tuple[str, Case]]:
    text, ping = frame(TEXT, HELLO), frame(PING)
    cases = [
        refused(frame(TEXT, HELLO, bits=0x10)),
        refused(text, frame(TEXT, HELLO, bits=0x20), ping, texts=1),
        refused(text, frame(TEXT, HELLO, bits=0x30), ping, texts=1),
        cut(refused(text, frame(TEXT, HELLO, bits=0x40), ping, texts=1)),
        refused(frame(BINARY, b"\x00\xff", bits=0x50)),
        refused(frame(PING, HELLO, bits=0x60)),
        refused(frame(CLOSE, close_payload(1000), bits=0x70)),
    ]
    yield from numbered("3", cases)


def opcodes() -> Iterator[tuple[str, Case]]:
    text, ping = frame(TEXT, HELLO), frame(PING)
    for prefix, first in (("4.1", 0x3), ("4.2", 0xB)):
        cases = [
            refused(frame(first)),
            refused(frame(first + 1, b"reserved opcode")),
            refused(text, frame(first + 2), ping, texts=1),
            refused(text, frame(first + 3, HELLO), ping, texts=1),
            cut(refused(text, frame(first + 4, HELLO), ping, texts=1)),
        ]
        yield from numbered(prefix, cases)


def fragmentation() -> Iterator[tuple[str, Case]]:
    one, two, text = frame(TEXT, b"fragment1", fin=False), frame(CONTINUATION, b"fragment2"), frame(TEXT, HELLO)
    open_end, end = frame(CONTINUATION, b"fragment3", fin=False), frame(CONTINUATION, b"fragment3")
    ping = frame(PING, b"ping")
    parts = accepted(one, two, texts=1)
    between = accepted(one, ping, two, texts=1, pongs=[b"ping"])
    nothing_ended, nothing_open = refused(end, text), refused(open_end, text)
    five = [frame(TEXT, b"1", fin=False), *(frame(CONTINUATION, b"x", fin=False) for _ in range(3)), end]
    with_pings = accepted(*five[:2], ping, *five[2:4], frame(PING, b"2"), five[4], texts=1, pongs=[b"ping", b"2"])
    cases = [
        refused(frame(PING, b"fragment1", fin=False), two),
        refused(frame(PONG, b"fragment1", fin=False), two),
        *(parts, cut(parts, len(one)), cut(parts)),
        *(between, cut(between, len(one)), cut(between)),
        *(nothing_ended, cut(nothing_ended, len(end)), cut(nothing_ended)),
        *(nothing_open, cut(nothing_open, len(open_end)), cut(nothing_open)),
        refused(one, two, open_end, text, texts=1),
        refused(*(open_end, one, end) * 2),
        refused(*(end, one, end) * 2),
        refused(one, frame(TEXT, b"fragment2")),
        with_pings,
        cut(with_pings),
    ]
    yield from numbered("5", cases)


# The sequences of Markus Kuhn's UTF-8 decoder stress test, as Autobahn numbers them.
VALID_UTF8 = {
    "6.5": "68656c6c6f24 68656c6c6fc2a2 68656c6c6fe282ac 68656c6c6ff0a4ada2 cebae1bdb9cf83cebcceb5",
    "6.7": "00 c280 e0a080 f0908080",
    "6.9": "7f dfbf efbfbf f48fbfbf",
    "6.22": " ".join(chr(plane << 16 | last).encode().hex() for plane in range(17) for last in (0xFFFE, 0xFFFF)),
    "6.23": "efbfb9 efbfba efbfbb efbfbc efbfbd efbfbe efbfbf",
}
INCOMPLETE = "c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf"
INVALID_UTF8 = {
    "6.8": "f888808080 fc8480808080",
    "6.10": "f7bfbfbf fbbfbfbfbf fdbfbfbfbfbf",
    "6.12": "80 bf 80bf 80bf80 80bf80bf 80bf80bf80 80bf80bf80bf " + bytes(range(0x80, 0xBF)).hex(),
    "6.13": " ".join(
        b"".join(bytes([byte, 0x20]) for byte in range(*ends)).hex()
        for ends in ((0xC0, 0xE0), (0xE0, 0xF0), (0xF0, 0xF8), (0xF8, 0xFC), (0xFC, 0xFE))
    ),
    "6.14": INCOMPLETE,
    "6.15": INCOMPLETE.replace(" ", ""),
    "6.16": "fe ff fefeffff",
    "6.17": "c0af e080af f08080af f8808080af fc80808080af",
    "6.18": "c1bf e09fbf f08fbfbf f887bfbfbf fc83bfbfbfbf",
    "6.19": "c080 e08080 f0808080 f880808080 fc8080808080",
    "6.20": "eda080 edadbf edae80 edafbf edb080 edbe80 edbfbf",
    "6.21": "eda080edb080 eda080edbfbf edadbfedb080 edadbfedbfbf edae80edb080 edae80edbfbf edafbfedb080 edafbfedbfbf",
}
BOUNDARIES = [("ed9fbf", True), ("ee8080", True), ("efbfbd", True), ("f48fbfbf", True), ("f4908080", False)]
COMPLETE_PREFIXES = {2, 5, 7, 9, 11}
"""Lengths at which the Greek word can be cut between two characters."""


def one_text(payload: bytes, *, valid: bool) -> Case:
    return accepted(frame(TEXT, payload), texts=1) if valid else refused(frame(TEXT, payload), code=INVALID_TEXT)


def utf8() -> Iterator[tuple[str, Case]]:
    empty = fragments(TEXT, b"", b"", b"")
    yield from numbered(
        "6.1", [accepted(one, texts=1) for one in (frame(TEXT), empty, fragments(TEXT, b"", b"x", b""))]
    )
    mixed = "Hello-µ@ßöäüàá-UTF-8!!".encode()
    whole = [frame(TEXT, mixed), fragments(TEXT, mixed[:8], mixed[8:])]
    split = [fragments(TEXT, *in_bytes(mixed)), fragments(TEXT, *in_bytes(GREEK))]
    yield from numbered("6.2", [accepted(one, texts=1) for one in (*whole, *split)])
    surrogate = GREEK + b"\xed\xa0\x80" + b"edited"
    invalid = [frame(TEXT, surrogate), fragments(TEXT, *in_bytes(surrogate))]
    yield from numbered("6.3", [refused(one, code=INVALID_TEXT) for one in invalid])
    # The first two have fragments, the others are one frame in three writes.
    beyond = [(GREEK, b"\xf4\x90\x80\x80", b"edited"), (GREEK + b"\xf4", b"\x90", b"\x80\x80edited")]
    yield from numbered("6.4", [refused(fragments(TEXT, *parts), code=INVALID_TEXT) for parts in beyond])
    for number, (first, second, rest) in enumerate(beyond, 3):
        data, head = frame(TEXT, first + second + rest), len(frame(TEXT, first))
        writes = [data[:head], data[head : head + len(second)], data[head + len(second) :]]
        yield f"6.4.{number}", Case(writes, Outcome(INVALID_TEXT))
    prefixes = range(1, len(GREEK) + 1)
    yield from numbered("6.6", (one_text(GREEK[:at], valid=at in COMPLETE_PREFIXES) for at in prefixes))
    yield from numbered("6.11", (one_text(bytes.fromhex(text), valid=valid) for text, valid in BOUNDARIES))
    for sequences, valid in ((VALID_UTF8, True), (INVALID_UTF8, False)):
        for prefix, texts in sequences.items():
            yield from numbered(prefix, (one_text(bytes.fromhex(text), valid=valid) for text in texts.split()))


def closing() -> Iterator[tuple[str, Case]]:
    text, ping = frame(TEXT, HELLO), frame(PING)
    first, rest = frame(TEXT, b"fragment1", fin=False), frame(CONTINUATION, b"fragment2")

    def closed(*frames: bytes, code: int = 1000, texts: int = 0) -> Case:
        return Case([b"".join(frames)], Outcome(code, texts))

    late = [
        closed(text, NORMAL_CLOSE, texts=1),
        *(closed(NORMAL_CLOSE, after) for after in (NORMAL_CLOSE, ping, text)),
        closed(first, NORMAL_CLOSE, rest),
        closed(frame(TEXT, b"*" * 65_536), NORMAL_CLOSE, ping, texts=1),
    ]
    yield from numbered("7.1", late)
    payloads = {b"": 1005, b"\x03": 1002, close_payload(1000): 1000, close_payload(1000, HELLO): 1000}
    payloads |= {close_payload(1000, b"*" * 123): 1000, close_payload(1000, b"*" * 124): 1002}
    yield from numbered("7.3", (closed(frame(CLOSE, one), code=code) for one, code in payloads.items()))
    yield "7.5.1", closed(frame(CLOSE, close_payload(1000, GREEK + b"\xed\xa0\x80edited")), code=INVALID_TEXT)
    valid = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)
    yield from numbered("7.7", (closed(frame(CLOSE, close_payload(code)), code=code) for code in valid))
    for prefix, invalid in (("7.9", (0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999)), ("7.13", (5000, 65_535))):
        yield from numbered(prefix, (closed(frame(CLOSE, close_payload(code)), code=1002) for code in invalid))


def automatic_fragmentation() -> Iterator[tuple[str, Case]]:
    payload = b"*" * 65_536
    parts = [payload[at : at + 1_300] for at in range(0, len(payload), 1_300)]
    yield "10.1.1", accepted(fragments(TEXT, *parts), texts=1)


GROUPS: dict[str, dict[str, Case]] = {
    "1 framing": dict(framing()),
    "2 pings and pongs": dict(pings()),
    "3 reserved bits": dict(reserved_bits()),
    "4 opcodes": dict(opcodes()),
    "5 fragmentation": dict(fragmentation()),
    "6 UTF-8": dict(utf8()),
    "7 closing": dict(closing()),
    "10 automatic fragmentation": dict(automatic_fragmentation()),
}
