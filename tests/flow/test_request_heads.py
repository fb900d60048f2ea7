"""Request smuggling: a request that two servers could read differently gets 400 and closes its connection.

Each case is followed by a second request in the same segment. It counts as smuggled if it is answered although the
first was ambiguous, or if its bytes are read as part of the first.
"""

import asyncio
import contextlib
import json
import re

import pytest

from support.people import World
from support.raw_http import DEADLINE, RawAnswer, ask_raw, handshake_of, read_answer, request_of

CHUNKED = "Transfer-Encoding: chunked"
BODY = "2\r\n{}\r\n0\r\n\r\n"

NEXT = "GET /healthz HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"


def post(*lines: str, body: str = "", version: str = "HTTP/1.1") -> str:
    """Return a request with these further lines in its head. HOST is replaced by the server's own."""
    return "\r\n".join([f"POST /v1/stream/poll {version}", "Host: HOST", *lines, "", ""]) + body


def get(line: str = "GET /healthz HTTP/1.1", *lines: str) -> str:
    """Return a request without a body, from its request line."""
    return "\r\n".join([line, *(lines or ("Host: HOST",)), "", ""])


REJECTED = {
    "length and chunks": post("Content-Length: 4", CHUNKED, body=BODY),
    "chunks and length": post(CHUNKED, "Content-Length: 4", body=BODY),
    "two equal lengths": post("Content-Length: 2", "Content-Length: 2", body="{}"),
    "two different lengths": post("Content-Length: 2", "Content-Length: 3", body="{}"),
    "a list of lengths": post("Content-Length: 2, 2", body="{}"),
    "a plus sign in the length": post("Content-Length: +2", body="{}"),
    "a negative length": post("Content-Length: -2", body="{}"),
    "a hexadecimal length": post("Content-Length: 0x2", body="{}"),
    "a space in the length": post("Content-Length: 2 2", body="{}"),
    "an empty length": post("Content-Length: ", body="{}"),
    "a length of more than 64 bits": post("Content-Length: 18446744073709551618", body="{}"),
    "a vertical tab before the length": post("Content-Length: \x0b2", body="{}"),
    "a space before the colon of the length": post("Content-Length : 2", body="{}"),
    "a space before the colon of the coding": post("Transfer-Encoding : chunked", body=BODY),
    "a tab before the colon of the coding": post("Transfer-Encoding\t: chunked", body=BODY),
    "an unknown coding": post("Transfer-Encoding: xchunked", body=BODY),
    "the coding identity": post("Transfer-Encoding: identity", body=BODY),
    "another coding before chunked": post("Transfer-Encoding: gzip, chunked", body=BODY),
    "another coding after chunked": post("Transfer-Encoding: chunked, identity", body=BODY),
    "chunked twice in one line": post("Transfer-Encoding: chunked, chunked", body=BODY),
    "chunked twice in two lines": post(CHUNKED, CHUNKED, body=BODY),
    "chunked, then identity in a second line": post(CHUNKED, "Transfer-Encoding: identity", body=BODY),
    "chunked in quotes": post('Transfer-Encoding: "chunked"', body=BODY),
    "chunked with a parameter": post("Transfer-Encoding: chunked;q=1", body=BODY),
    "chunked after a vertical tab": post("Transfer-Encoding: \x0bchunked", body=BODY),
    "chunked before a NUL": post("Transfer-Encoding: chunked\0", body=BODY),
    "an empty coding with a length": post("Transfer-Encoding: ", "Content-Length: 2", body="{}"),
    "a coding in a folded line": post("Transfer-Encoding:\r\n chunked", body=BODY),
    "chunks in HTTP/1.0": post(CHUNKED, body=BODY, version="HTTP/1.0"),
    "chunks in HTTP/1.0 with keep-alive": post("Connection: keep-alive", CHUNKED, body=BODY, version="HTTP/1.0"),
    "a chunk size with 0x": post(CHUNKED, body="0x2\r\n{}\r\n0\r\n\r\n"),
    "a negative chunk size": post(CHUNKED, body="-2\r\n{}\r\n0\r\n\r\n"),
    "a plus sign in a chunk size": post(CHUNKED, body="+2\r\n{}\r\n0\r\n\r\n"),
    "a space before a chunk size": post(CHUNKED, body=" 2\r\n{}\r\n0\r\n\r\n"),
    "a space after a chunk size": post(CHUNKED, body="2 \r\n{}\r\n0\r\n\r\n"),
    "a chunk size of more than 64 bits": post(CHUNKED, body="fffffffffffffffff\r\n{}\r\n0\r\n\r\n"),
    "an empty chunk size": post(CHUNKED, body="\r\n{}\r\n0\r\n\r\n"),
    "an underscore in a chunk size": post(CHUNKED, body="0_2\r\n{}\r\n0\r\n\r\n"),
    "an extension that ends in LF": post(CHUNKED, body="2;a\n{}\r\n0\r\n\r\n"),
    "a line end in a quoted extension": post(CHUNKED, body='2;a="\r\n{}\r\n0\r\n\r\n"\r\n{}\r\n0\r\n\r\n'),
    "a chunk size that ends in LF": post(CHUNKED, body="2\n{}\r\n0\r\n\r\n"),
    "a chunk size that ends in CR": post(CHUNKED, body="2\r{}\r\n0\r\n\r\n"),
    "a chunk without a line end": post(CHUNKED, body="2\r\n{}0\r\n\r\n"),
    "a chunk that is longer than its size": post(CHUNKED, body="2\r\n{}xx\r\n0\r\n\r\n"),
    "a length in the trailers": post(CHUNKED, body="2\r\n{}\r\n0\r\nContent-Length: 50\r\n\r\n"),
    "a coding in the trailers": post(CHUNKED, body="2\r\n{}\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "lines that end in LF": get().replace("\r\n", "\n"),
    "a header that ends in LF": get("GET /healthz HTTP/1.1", "Host: HOST\nX: y"),
    "a header that ends in CR": get("GET /healthz HTTP/1.1", "Host: HOST\rX: y"),
    "a folded header": get("GET /healthz HTTP/1.1", "Host: HOST", "X: y", " z"),
    "a space before the first header": get("GET /healthz HTTP/1.1", " Host: HOST"),
    "a NUL in a name": get("GET /healthz HTTP/1.1", "Host: HOST", "X\0: y"),
    "a NUL in a value": get("GET /healthz HTTP/1.1", "Host: HOST", "X: y\0"),
    "a header without a name": get("GET /healthz HTTP/1.1", "Host: HOST", ": y"),
    "a header without a colon": get("GET /healthz HTTP/1.1", "Host: HOST", "Xy"),
    "a space in a name": get("GET /healthz HTTP/1.1", "Host: HOST", "X y: z"),
    "no Host": get("GET /healthz HTTP/1.1", "X: y"),
    "two different Hosts": get("GET /healthz HTTP/1.1", "Host: HOST", "Host: evil.example"),
    "two different Hosts in the other order": get("GET /healthz HTTP/1.1", "Host: evil.example", "Host: HOST"),
    "two equal Hosts": get("GET /healthz HTTP/1.1", "Host: HOST", "host: HOST"),
    "an absolute target of another host": get("GET http://evil.example/healthz HTTP/1.1"),
    "an absolute target with a user": get("GET http://HOST@evil.example/healthz HTTP/1.1"),
    "an absolute target of another scheme": get("GET ftp://HOST/healthz HTTP/1.1"),
    "a target for CONNECT": get("CONNECT HOST HTTP/1.1"),
    "a fragment": get("GET /healthz#x HTTP/1.1"),
    "HTTP/2.0 in the request line": get("GET /healthz HTTP/2.0"),
    "HTTP/1.2 in the request line": get("GET /healthz HTTP/1.2"),
    "no version": "GET /healthz\r\n",
    "a space after the version": get("GET /healthz HTTP/1.1 "),
    "a tab in the request line": get("GET\t/healthz\tHTTP/1.1"),
    "a method in lower case": get("get /healthz HTTP/1.1"),
}

ACCEPTED: dict[str, tuple[str, list[int]]] = {
    "a plain request": (get(), [200, 200]),
    "a length with zeros in front": (post("Content-Length: 002", body="{}"), [415, 200]),
    "chunks": (post(CHUNKED, body=BODY), [415, 200]),
    "chunks in capitals": (post("Transfer-Encoding: CHUNKED", body=BODY), [415, 200]),
    "an extension": (post(CHUNKED, body="2;a=b\r\n{}\r\n0\r\n\r\n"), [415, 200]),
    "trailers": (post(CHUNKED, body="2\r\n{}\r\n0\r\nHost: evil.example\r\n\r\n"), [415, 200]),
    "a header that only looks like a coding": (post("Transfer_Encoding: chunked", "Content-Length: 0"), [415, 200]),
    "a request in the body of a GET": (
        get("GET /healthz HTTP/1.1", "Host: HOST", f"Content-Length: {len(get())}") + get(),
        [200, 200],
    ),
    "a request in the only chunk of a GET": (
        get("GET /healthz HTTP/1.1", "Host: HOST", CHUNKED) + f"{len(get()):x}\r\n{get()}\r\n0\r\n\r\n",
        [200, 200],
    ),
    "an absolute target of our own": (get("GET http://HOST/healthz HTTP/1.1"), [200, 200]),
    "empty lines before it": ("\r\n\r\n" + get(), [200, 200]),
    "an offer to speak HTTP/2": (
        get("GET /healthz HTTP/1.1", "Host: HOST", "Connection: Upgrade", "Upgrade: h2c"),
        [200, 200],
    ),
    "a request after Connection: close": (get("GET /healthz HTTP/1.1", "Host: HOST", "Connection: close"), [200]),
    "a request after HTTP/1.0": (get("GET /healthz HTTP/1.0"), [200]),
    "a health check without a Host": (get("GET /healthz HTTP/1.0", "X: y"), [200]),
    "a request after one with a length in Connection": (
        post("Connection: close, Content-Length", "Content-Length: 2", body="{}"),
        [415],
    ),
}


async def answers_to(world: World, text: str) -> list[RawAnswer]:
    """Send the text, then one more request in the same segment, and return all answers until the server closes."""
    request = (text + NEXT).replace("HOST", f"127.0.0.1:{world.server.port}").encode("latin-1")
    reader, writer = await asyncio.open_connection("127.0.0.1", world.server.port)
    answers: list[RawAnswer] = []
    try:
        async with asyncio.timeout(DEADLINE):
            writer.write(request)
            while (answer := await read_answer(reader)).status:
                answers.append(answer)
        return answers
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def sized(text: str, world: World) -> str:
    """Return the text with the lengths of inner requests as they are once HOST is replaced."""
    host = f"127.0.0.1:{world.server.port}"
    inner = len(get().replace("HOST", host))
    text = text.replace(f"Content-Length: {len(get())}", f"Content-Length: {inner}")
    return text.replace(f"\r\n{len(get()):x}\r\n", f"\r\n{inner:x}\r\n")


@pytest.mark.parametrize("case", [*REJECTED])
async def test_ambiguous_request_gets_400_and_closes_its_connection(world: World, case: str) -> None:
    answers = await answers_to(world, REJECTED[case])
    assert [one.status for one in answers] == [400], case
    assert json.loads(answers[0].body)["type"] == "urn:crumbless:problem:malformed"
    assert answers[0].header("connection") == "close"


@pytest.mark.parametrize("case", [*ACCEPTED])
async def test_unambiguous_request_is_answered_once(world: World, case: str) -> None:
    text, statuses = ACCEPTED[case]
    answers = await answers_to(world, sized(text, world))
    assert [one.status for one in answers] == statuses, case


async def test_invalid_bytes_after_a_request_do_not_replace_its_response(world: World) -> None:
    answers = await answers_to(world, get() + "\0\0\r\n\r\n")
    assert [one.status for one in answers] == [200, 400]


async def test_handshake_with_a_body_gets_400(world: World) -> None:
    host = f"127.0.0.1:{world.server.port}"
    for lines, body in (
        (b"Transfer-Encoding: chunked", b"x"),
        (b"Transfer-Encoding: chunked", b"2\r\n{}\r\n0"),
        (b"Content-Length: 2", b"{}"),
        (b"Content-Length: 2\r\nContent-Length: 3", b"{}"),
    ):
        request = handshake_of(host).replace(b"\r\n\r\n", b"\r\n" + lines + b"\r\n\r\n")
        assert (await ask_raw(world.server.port, request + body + b"\r\n\r\n")).status == 400, lines


async def test_malformed_body_closes_the_connection_after_the_earlier_responses(world: World) -> None:
    answers = await answers_to(world, get() + post(CHUNKED, body="x\r\n"))
    assert [one.status for one in answers] == [200, 400]


async def test_stream_cannot_be_opened_behind_an_unanswered_request(world: World) -> None:
    host = f"127.0.0.1:{world.server.port}"
    assert (await ask_raw(world.server.port, handshake_of(host))).status == 101, "the premise: the handshake is valid"
    answers = await answers_to(world, get() + handshake_of(host).decode())
    assert [one.status for one in answers] == [200, 400]


@pytest.mark.parametrize("order", [1, -1])
async def test_handshake_with_two_hosts_gets_400(world: World, order: int) -> None:
    own = f"127.0.0.1:{world.server.port}"
    first, second = (own, "evil.example")[::order]
    request = handshake_of(first).replace(b"\r\n\r\n", f"\r\nHost: {second}\r\n\r\n".encode())
    assert (await ask_raw(world.server.port, request)).status == 400


async def test_handshake_for_another_authority_gets_400(world: World) -> None:
    own = f"127.0.0.1:{world.server.port}"
    assert (await ask_raw(world.server.port, handshake_of(own, path=f"http://{own}/v1/stream"))).status == 101
    assert (await ask_raw(world.server.port, handshake_of(own, path="http://evil.example/v1/stream"))).status == 400


@pytest.mark.parametrize("line", ["Origin: https://evil.example", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="])
async def test_handshake_with_a_repeated_header_is_refused(world: World, line: str) -> None:
    own = f"127.0.0.1:{world.server.port}"
    request = handshake_of(own, Origin=world.server.address)
    assert (await ask_raw(world.server.port, request)).status == 101, "the premise: once is accepted"
    twice = request.replace(b"\r\n\r\n", f"\r\n{line}\r\n\r\n".encode())
    assert (await ask_raw(world.server.port, twice)).status in {400, 403}
    name = line.partition(":")[0]
    moved = request.replace(b"\r\n", f"\r\n{line}\r\n".encode(), 1)
    assert re.search(rb"%s.*%s" % (name.encode(), name.encode()), moved, re.DOTALL), "the premise: two lines"
    assert (await ask_raw(world.server.port, moved)).status in {400, 403}


async def test_request_with_two_origins_is_refused(world: World) -> None:
    own = f"127.0.0.1:{world.server.port}"
    for first, second in ((world.server.address, "https://evil.example"), ("https://evil.example", "null")):
        request = request_of("POST", "/v1/stream/open", own, b'{"mode":"poll"}', Content_Type="application/json")
        lines = f"\r\nOrigin: {first}\r\nOrigin: {second}\r\n".encode()
        assert (await ask_raw(world.server.port, request.replace(b"\r\n", lines, 1))).status == 403
