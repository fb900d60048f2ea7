"""The required form of a proof. Fixtures show first that the unmodified proof is accepted (see conftest.py)."""

import base64
import hmac
import json
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from signed_proof import (
    KEY,
    NOW,
    OTHER_KEY,
    Claims,
    Header,
    encode,
    good_claims,
    good_header,
    pack,
    public_jwk,
    refused,
    sign,
    verify,
)

from crumbless.security.dpop import MAX_PROOF, ReplayCache

# --- refused: header --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"typ": "JWT"},
        {"typ": "DPOP+JWT"},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES384"},
        {"alg": "es256"},
        {"alg": ["ES256"]},
        {"crit": ["exp"]},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MII"]},
        {"b64": False},
        {"kid": "1"},
        {"jwk": None},
        {"jwk": []},
        {"jwk": "key"},
    ],
    ids=str,
)
def test_another_header_is_refused(header: Header, change: Header) -> None:
    assert not refused(sign(pack(header | change), pack(good_claims()))).nonce_needed


@pytest.mark.parametrize("member", ["typ", "alg", "jwk"])
def test_header_without_a_required_member_is_refused(header: Header, member: str) -> None:
    del header[member]

    refused(sign(pack(header), pack(good_claims())))


def test_alg_none_without_a_signature_is_refused(header: Header) -> None:
    refused(f"{pack(header | {'alg': 'none'})}.{pack(good_claims())}.")


def test_mac_made_with_the_public_key_is_refused(header: Header) -> None:
    signed = f"{pack(header | {'alg': 'HS256'})}.{pack(good_claims())}"
    mac = hmac.digest(json.dumps(header["jwk"]).encode(), signed.encode(), "sha256")

    refused(f"{signed}.{encode(mac)}")


@pytest.mark.parametrize("member", ["kty", "crv", "x", "y"])
def test_key_without_a_required_member_is_refused(header: Header, member: str) -> None:
    del header["jwk"][member]

    refused(sign(pack(header), pack(good_claims())))


def test_private_key_is_refused(header: Header) -> None:
    header["jwk"]["d"] = encode(KEY.private_numbers().private_value.to_bytes(32, "big"))

    refused(sign(pack(header), pack(good_claims())))


@pytest.mark.parametrize("member", ["kid", "use", "key_ops", "alg", "ext"])
def test_key_with_a_further_member_is_refused(header: Header, member: str) -> None:
    header["jwk"][member] = "sig"

    refused(sign(pack(header), pack(good_claims())))


@pytest.mark.parametrize("curve", [ec.SECP384R1(), ec.SECP256K1()], ids=lambda curve: curve.name)
def test_key_of_another_curve_is_refused(header: Header, curve: ec.EllipticCurve) -> None:
    other = ec.generate_private_key(curve)
    for jwk in (public_jwk(other), public_jwk(other) | {"crv": "P-256"}):
        refused(sign(pack(header | {"jwk": jwk}), pack(good_claims()), other))


@pytest.mark.parametrize(
    "change",
    [
        {"y": encode(b"\x01" * 32)},
        {"x": encode(b"\xff" * 32)},
        {"x": encode(b"\0" * 32), "y": encode(b"\0" * 32)},
        {"x": ""},
        {"x": encode(b"\x01" * 31)},
        {"x": encode(b"\0" + b"\x01" * 32)},
        {"x": "é" * 43},
        {"x": 7},
        {"crv": "P-384"},
        {"crv": "p-256"},
        {"kty": "RSA"},
        {"kty": "oct"},
    ],
    ids=str,
)
def test_key_that_is_no_point_of_the_curve_is_refused(header: Header, change: Header) -> None:
    header["jwk"] |= change

    refused(sign(pack(header), pack(good_claims())))


def test_coordinate_with_a_leading_zero_byte_is_refused(header: Header) -> None:
    header["jwk"]["x"] = encode(b"\0" + base64.urlsafe_b64decode(header["jwk"]["x"] + "="))

    refused(sign(pack(header), pack(good_claims())))


def test_noncanonical_encoding_of_a_key_is_refused(header: Header) -> None:
    # 43 characters contain 258 bits. The last two are unused, and a second encoding would be a second thumbprint.
    x = header["jwk"]["x"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    respelled = x[:-1] + alphabet[alphabet.index(x[-1]) + 1]
    assert base64.urlsafe_b64decode(respelled + "=") == base64.urlsafe_b64decode(x + "=")
    header["jwk"]["x"] = respelled

    refused(sign(pack(header), pack(good_claims())))


# --- refused: signature -----------------------------------------------------------------------------------------------


def test_proof_signed_by_another_key_is_refused(header: Header) -> None:
    refused(sign(pack(header), pack(good_claims()), OTHER_KEY))


def test_proof_with_the_key_swapped_is_refused(proof: str) -> None:
    _, claims, signature = proof.split(".")

    refused(f"{pack(good_header() | {'jwk': public_jwk(OTHER_KEY)})}.{claims}.{signature}")


def test_proof_with_changed_claims_is_refused(proof: str) -> None:
    header, _, signature = proof.split(".")

    refused(f"{header}.{pack(good_claims() | {'jti': 'f' * 16})}.{signature}")


@pytest.mark.parametrize("bit", [0, 7, 255, 256, 511])
def test_signature_with_one_bit_changed_is_refused(proof: str, bit: int) -> None:
    signed, _, signature = proof.rpartition(".")
    changed = int.from_bytes(base64.urlsafe_b64decode(signature + "=="), "big") ^ (1 << bit)

    refused(f"{signed}.{encode(changed.to_bytes(64, 'big'))}")


@pytest.mark.parametrize("raw", [b"", b"\0" * 64, b"\xff" * 64, b"\1" * 63, b"\1" * 65, b"\1" * 96])
def test_signature_of_zeros_or_of_the_wrong_size_is_refused(proof: str, raw: bytes) -> None:
    refused(f"{proof.rpartition('.')[0]}.{encode(raw)}")


def test_noncanonical_numbers_of_a_signature_are_refused(proof: str) -> None:
    signed, _, signature = proof.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")

    refused(f"{signed}.{encode(raw[:32] + bytes(1) + raw[32:])}")


def test_der_signature_is_refused(proof: str) -> None:
    signed = proof.rpartition(".")[0]

    refused(f"{signed}.{encode(KEY.sign(signed.encode(), ec.ECDSA(SHA256())))}")


# --- refused: claims and form -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["htm", "htu", "jti", "iat"])
def test_proof_without_a_required_claim_is_refused(claims: Claims, member: str) -> None:
    del claims[member]

    assert not refused(sign(pack(good_header()), pack(claims))).nonce_needed


@pytest.mark.parametrize(
    "change",
    [
        {"jti": "a" * 15},
        {"jti": "a" * 65},
        {"jti": ""},
        {"jti": 1234567890123456},
        {"jti": "\ud800" * 16},
        {"iat": "1700000000"},
        {"iat": None},
        {"iat": True},
        {"iat": float("nan")},
        {"iat": float("inf")},
        {"htm": ["GET"]},
        {"htu": None},
        {"nonce": None},
        {"nonce": 5},
        {"ath": None},
        {"ath": {"a": 1}},
    ],
    ids=ascii,
)
def test_claim_of_the_wrong_type_or_size_is_refused(claims: Claims, change: Claims) -> None:
    assert not refused(sign(pack(good_header()), pack(claims | change))).nonce_needed


def add_padding(part: str) -> str:
    return part + "=" * (-len(part) % 4 or 4)


def break_line(part: str) -> str:
    return part[:8] + "\n" + part[8:]


def use_plain_base64(part: str) -> str:
    return part.replace("-", "+").replace("_", "/")


@pytest.mark.parametrize(
    ("which", "respell"),
    [(which, respell) for respell in (add_padding, break_line) for which in range(3)]
    + [(1, use_plain_base64), (2, use_plain_base64)],
)
def test_only_base64url_without_padding_is_read(which: int, respell: Callable[[str], str]) -> None:
    # This jti puts both letters in which the alphabets differ into the claims. Signatures are made until one has them.
    claims = pack(good_claims() | {"jti": "~~~???>>>???>>>???~~~"})
    parts = sign(pack(good_header()), claims).split(".")
    while not {"-", "_"} & set(parts[2]):
        parts = sign(parts[0], parts[1]).split(".")
    verify(".".join(parts))

    respelled = respell(parts[which])
    assert respelled != parts[which]
    parts[which] = respelled

    refused(".".join(parts) if which == 2 else sign(parts[0], parts[1]))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b'"text"',
        b"\xff\xfe",
        b"[" * 1_000,
        b'{"a":' * 200,
        b'{"x":"\xff"}',
        b'{"x":"\\ud800"}',
        b"\xef\xbb\xbf{}",
    ],
    ids=ascii,
)
def test_invalid_json_is_refused(proof: str, text: bytes) -> None:
    header, claims, _ = proof.split(".")

    refused(sign(encode(text), claims))
    refused(sign(header, encode(text)))


def test_deeply_nested_claims_are_refused(claims: Claims) -> None:
    text = json.dumps(claims)[:-1].encode() + b',"x":' + b"[" * 900
    nested = sign(pack(good_header()), encode(text))
    assert len(nested) <= MAX_PROOF

    def refused_at_depth(calls: int) -> None:
        if calls:
            refused_at_depth(calls - 1)
        else:
            refused(nested)

    # The deeper the call, the sooner the parser reaches the interpreter's limit.
    for calls in (0, 400):
        refused_at_depth(calls)


def test_invalid_utf_8_is_rejected_in_unused_claims(claims: Claims) -> None:
    text = json.dumps(claims)[:-1].encode() + b',"x":"\xff"}'

    refused(sign(pack(good_header()), encode(text)))


@pytest.mark.parametrize("text", ["", ".", "..", "...", "a.b.c", "é.é.é", "\0", "\ud800.\ud800.\ud800", "🍪" * 100])
def test_garbage_is_refused(proof: str, text: str) -> None:
    refused(text)


@pytest.mark.parametrize("change", ["{}.", ".{}", "{}.{}", " {}", "{} ", "{}, {}"])
def test_more_or_fewer_parts_are_refused(proof: str, change: str) -> None:
    refused(change.format(proof, proof))
    refused(proof.rpartition(".")[0])


def test_proof_over_two_kilobytes_is_refused(claims: Claims) -> None:
    room = MAX_PROOF - len(sign(pack(good_header()), pack(claims | {"x": ""})))
    longest_accepted = next(
        proof
        for size in range(room, 0, -1)
        if len(proof := sign(pack(good_header()), pack(claims | {"x": "a" * size}))) <= MAX_PROOF
    )
    verify(longest_accepted)

    refused(sign(pack(good_header()), pack(claims | {"x": "a" * room})))


def test_proof_is_refused_the_second_time(proof: str) -> None:
    cache = ReplayCache(lambda: NOW)

    assert cache.first_time(verify(proof).replay_key)
    assert not cache.first_time(verify(proof).replay_key)
