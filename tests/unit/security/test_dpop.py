"""Requirements of a valid proof. Fixtures show first that the unmodified proof is accepted (see conftest.py)."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signed_proof import (
    ADDRESS,
    CLOCK,
    KEY,
    NOW,
    OTHER_KEY,
    SECRET,
    TOKEN,
    Claims,
    Header,
    encode,
    good_claims,
    good_header,
    pack,
    public_jwk,
    refused,
    sign,
    thumbprint_of,
    verify,
)

from crumbless.security.dpop import NonceClock, ProofRejected, verify_proof

# --- accepted ---------------------------------------------------------------------------------------------------------


def test_verified_proof_contains_thumbprint_and_replay_key(proof: str) -> None:
    verified = verify(proof)

    thumbprint = thumbprint_of(public_jwk(KEY))
    assert verified.thumbprint == thumbprint
    assert verified.replay_key == hashlib.sha256((thumbprint + "0123456789abcdef").encode()).digest()[:16]


def test_thumbprint_is_that_of_the_standard() -> None:
    # The key of RFC 9449, section 4.2. Its thumbprint is in section 6.1 of the same RFC.
    jwk = {
        "kty": "EC",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
        "crv": "P-256",
    }
    proof_of_the_standard = (
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo"
        "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19."
        "eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0"
        "IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
    )
    assert thumbprint_of(jwk) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"

    verified = verify_proof(
        proof_of_the_standard,
        method="POST",
        address="https://server.example.com/token",
        nonce_ok=lambda nonce: nonce == "",
        token=None,
    )

    assert verified.thumbprint == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


@pytest.mark.parametrize(
    "htu",
    [
        ADDRESS,
        ADDRESS + "?before=7",
        ADDRESS + "#part",
        ADDRESS + "?a=b#part",
        "HTTPS://CHAT.Example/v1/desk/me",
        "https://chat.example:443/v1/desk/me",
        "https://chat.example:/v1/desk/me",
    ],
)
def test_query_fragment_case_of_the_host_and_default_port_do_not_matter(claims: Claims, htu: str) -> None:
    assert verify(sign(pack(good_header()), pack(claims | {"htu": htu})))


@pytest.mark.parametrize(
    ("address", "htu"),
    [
        ("http://localhost:8000/v1/stream", "http://LOCALHOST:8000/v1/stream"),
        ("http://127.0.0.1/v1/stream", "http://127.0.0.1:80/v1/stream"),
        ("http://[::1]:8000/v1/stream", "http://[::1]:8000/v1/stream?x"),
        ("https://chat.example", "https://chat.example/"),
    ],
)
def test_addresses_of_a_local_server_are_compared_the_same_way(claims: Claims, address: str, htu: str) -> None:
    assert verify(sign(pack(good_header()), pack(claims | {"htu": htu})), address=address)


def test_further_claims_other_order_and_white_space_are_accepted(header: Header, claims: Claims) -> None:
    spaced = encode(json.dumps(dict(reversed(header.items())), indent=2).encode())

    assert verify(sign(spaced, pack({"body": "a hash", **claims})))


@pytest.mark.parametrize("iat", [0, -5, 1_700_000_000.25, 99_999_999_999])
def test_time_of_the_proof_is_not_trusted(claims: Claims, iat: float) -> None:
    assert verify(sign(pack(good_header()), pack(claims | {"iat": iat})))


@pytest.mark.parametrize("jti", ["a" * 16, "a" * 64])
def test_shortest_and_longest_jti_are_accepted(claims: Claims, jti: str) -> None:
    assert verify(sign(pack(good_header()), pack(claims | {"jti": jti})))


def test_proof_without_a_token_needs_no_ath(claims: Claims) -> None:
    del claims["ath"]

    assert verify(sign(pack(good_header()), pack(claims)), token=None)


def test_ath_without_a_token_is_ignored(proof: str) -> None:
    assert verify(proof, token=None)


def test_nonces_of_this_minute_and_the_two_before_are_accepted(claims: Claims) -> None:
    for age in (0, 60, 120):
        nonce = NonceClock(SECRET, lambda age=age: NOW - age).current()
        assert verify(sign(pack(good_header()), pack(claims | {"nonce": nonce})))


# --- refused: for another request -------------------------------------------------------------------------------------


def test_proof_for_another_method_is_refused(proof: str) -> None:
    assert not refused(proof, method="POST").nonce_needed


def test_method_is_compared_with_its_case(claims: Claims) -> None:
    refused(sign(pack(good_header()), pack(claims | {"htm": "get"})))


@pytest.mark.parametrize(
    "address",
    [
        "https://chat.example/v1/desk/me2",
        "https://chat.example/v1/desk",
        "https://chat.example/v1/desk/me/",
        "https://chat.example/V1/desk/me",
        "http://chat.example/v1/desk/me",
        "http://chat.example:443/v1/desk/me",
        "https://chat.example:8443/v1/desk/me",
        "https://evil.example/v1/desk/me",
        "https://chat.example.evil.example/v1/desk/me",
        "https://chat.example/v1/ desk/me",
    ],
)
def test_proof_for_another_url_is_refused(proof: str, address: str) -> None:
    assert not refused(proof, address=address).nonce_needed


@pytest.mark.parametrize(
    "htu",
    [
        "",
        "/v1/desk/me",
        "chat.example/v1/desk/me",
        "ftp://chat.example/v1/desk/me",
        "https://user@chat.example/v1/desk/me",
        "https://chat.example@evil.example/v1/desk/me",
        "https:\\\\chat.example\\v1\\desk\\me",
        "\thttps://chat.example/v1/desk/me",
        "https://chat.exa\nmple/v1/desk/me",
        "https://chat.example/v1/desk/me\n",
        "https://chat.example/v1/desk/me\u00a0",
        "https://chat.example:٤٤٣/v1/desk/me",
        "https://chat.example:999999/v1/desk/me",
        "https://[chat.example/v1/desk/me",
        "https://chat.example/v1/%64esk/me",
        "http\u017f://chat.example/v1/desk/me",
    ],
)
def test_odd_url_in_the_proof_is_refused(claims: Claims, htu: str) -> None:
    refused(sign(pack(good_header()), pack(claims | {"htu": htu})))


def test_two_unreadable_urls_are_not_equal(claims: Claims) -> None:
    refused(sign(pack(good_header()), pack(claims | {"htu": "nonsense one"})), address="nonsense two")


def test_proof_with_the_hash_of_another_token_is_refused(proof: str) -> None:
    assert not refused(proof, token="cos_another-token").nonce_needed


@pytest.mark.parametrize("ath", ["", "é" * 43, encode(b"\0" * 32)])
def test_proof_with_a_wrong_ath_is_refused(claims: Claims, ath: str) -> None:
    refused(sign(pack(good_header()), pack(claims | {"ath": ath})))


def test_proof_without_ath_is_refused_if_a_token_is_sent(claims: Claims) -> None:
    del claims["ath"]

    refused(sign(pack(good_header()), pack(claims)))


# --- refused: without a current nonce
# -----------------------------------------------------------------------------------


def test_proof_without_nonce_is_rejected_with_a_nonce_request(claims: Claims) -> None:
    del claims["nonce"]

    assert refused(sign(pack(good_header()), pack(claims))).nonce_needed


@pytest.mark.parametrize("shift", [-180, -3_600, 60, 3_600])
def test_old_or_future_nonce_is_refused(claims: Claims, shift: int) -> None:
    nonce = NonceClock(SECRET, lambda: NOW + shift).current()

    assert refused(sign(pack(good_header()), pack(claims | {"nonce": nonce}))).nonce_needed


def test_forged_nonce_is_refused(claims: Claims) -> None:
    forged = NonceClock(b"another secret", lambda: NOW).current()

    assert refused(sign(pack(good_header()), pack(claims | {"nonce": forged}))).nonce_needed


def test_wrong_signature_is_rejected_without_a_nonce_request(claims: Claims) -> None:
    unsigned = sign(pack(good_header()), pack(claims | {"nonce": "old"}), OTHER_KEY)

    assert not refused(unsigned).nonce_needed


# --- fuzz -------------------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=70),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def only_refuses(proof: str) -> None:
    try:
        verify(proof)
    except ProofRejected:
        pass
    else:
        pytest.fail(f"accepted: {proof!r}")


@given(st.text(st.characters()) | st.text("abcAB019-_=.", max_size=200))
def test_any_text_is_refused_with_a_reason(text: str) -> None:
    only_refuses(text)


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_any_three_parts_are_refused_with_a_reason(header: bytes, claims: bytes, signature: bytes) -> None:
    only_refuses(f"{encode(header)}.{encode(claims)}.{encode(signature)}")


@given(st.sampled_from(["htm", "htu", "jti", "iat", "nonce", "ath"]), json_values)
def test_any_value_in_a_claim_is_accepted_or_refused_with_a_reason(member: str, value: object) -> None:
    signed = sign(pack(good_header()), pack(good_claims() | {member: value}))
    try:
        verified = verify(signed)
    except ProofRejected:
        return
    assert member in {"jti", "iat"}
    assert verified.thumbprint == thumbprint_of(public_jwk(KEY))


@given(st.sampled_from(["typ", "alg", "jwk", "kty", "crv", "x", "y"]), json_values)
def test_any_value_in_the_header_is_refused_with_a_reason(member: str, value: object) -> None:
    header = good_header()
    (header if member in header else header["jwk"])[member] = value

    only_refuses(sign(pack(header), pack(good_claims())))


@given(st.data())
def test_proof_with_any_character_changed_is_refused(data: st.DataObject) -> None:
    good = sign(pack(good_header()), pack(good_claims()))
    at = data.draw(st.integers(0, len(good) - 1))
    other = data.draw(st.characters().filter(lambda character: character != good[at]))

    only_refuses(good[:at] + other + good[at + 1 :])


# --- independent signers ----------------------------------------------------------------------------------------------


def test_proof_made_by_pyjwt_is_accepted(claims: Claims) -> None:
    made = jwt.encode(claims, KEY, algorithm="ES256", headers={"typ": "dpop+jwt", "jwk": public_jwk(KEY)})

    assert verify(made).thumbprint == thumbprint_of(public_jwk(KEY))


MAKE_PROOF_WITH_NODE = """
import { generateKeyPair, generateProof, calculateThumbprint } from "dpop";
const [address, nonce, token] = process.argv.slice(1);
const pair = await generateKeyPair("ES256", { extractable: false });
console.log(JSON.stringify({
  proof: await generateProof(pair, address, "GET", nonce, token),
  tokenless: await generateProof(pair, address, "GET", nonce),
  thumbprint: await calculateThumbprint(pair.publicKey),
}));
"""


def test_proof_made_by_the_dpop_package_of_the_browser_is_accepted() -> None:
    node = shutil.which("node")
    assert node, "Node is needed to sign a proof with the browser's own package"
    repository = Path(__file__).parents[3]
    made = subprocess.run(
        [node, "--input-type=module", "--eval", MAKE_PROOF_WITH_NODE, ADDRESS, CLOCK.current(), TOKEN],
        cwd=repository,
        check=True,
        capture_output=True,
        timeout=60,
    )
    witness: dict[str, str] = json.loads(made.stdout)

    assert verify(witness["proof"]).thumbprint == witness["thumbprint"]
    assert verify(witness["tokenless"], token=None).thumbprint == witness["thumbprint"]
    refused(witness["tokenless"])
    refused(witness["proof"], method="POST")
