"""Keys and tokens as NATS' own tools make them, and certificates: for tests of how nodes sign in at a server."""

import base64
import binascii
import datetime
import hashlib
import ipaddress
import json
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

OPERATOR, ACCOUNT, USER, SEED = 14 << 3, 0, 20 << 3, 18 << 3


class NatsKey:
    """An nkey of one kind."""

    def __init__(self, kind: int) -> None:
        self._kind = kind
        self._key = Ed25519PrivateKey.generate()

    @property
    def public(self) -> str:
        """Return the public key in the form of tokens."""
        return _encode(bytes([self._kind]) + self._key.public_key().public_bytes_raw())

    @property
    def seed(self) -> str:
        """Return the secret key in the form of a credentials file."""
        prefix = bytes([SEED | self._kind >> 5, (self._kind & 31) << 3])
        return _encode(prefix + self._key.private_bytes_raw())

    def token(self, subject: "NatsKey", kind: str, **claims: Any) -> str:
        """Return a token of this key about another one."""
        body: dict[str, Any] = {
            "iat": 1_700_000_000,
            "iss": self.public,
            "sub": subject.public,
            "name": kind,
            "nats": {"type": kind, "version": 2, **claims},
        }
        digest = hashlib.sha256(json.dumps(body).encode()).digest()
        body["jti"] = base64.b32encode(digest).decode().rstrip("=")
        parts = ".".join(_base64url(json.dumps(one).encode()) for one in ({"typ": "JWT", "alg": "ed25519-nkey"}, body))
        return f"{parts}.{_base64url(self._key.sign(parts.encode()))}"


def _encode(raw: bytes) -> str:
    checked = raw + binascii.crc_hqx(raw, 0).to_bytes(2, "little")
    return base64.b32encode(checked).decode().rstrip("=")


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def make_credentials(path: Path) -> str:
    """Write a user's credentials file. Returns the configuration of a server that only accepts this user."""
    operator, account, user = NatsKey(OPERATOR), NatsKey(ACCOUNT), NatsKey(USER)
    limits = {"subs": -1, "conn": -1, "leaf": -1, "imports": -1, "exports": -1, "data": -1, "payload": -1}
    of_account = operator.token(account, "account", limits={**limits, "wildcards": True})
    of_user = account.token(user, "user", subs=-1, data=-1, payload=-1)
    path.write_text(
        f"-----BEGIN NATS USER JWT-----\n{of_user}\n------END NATS USER JWT------\n\n"
        "************************* IMPORTANT *************************\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n"
    )
    return (
        f"operator: {operator.token(operator, 'operator')}\n"
        f"resolver: MEMORY\nresolver_preload: {{ {account.public}: {of_account} }}"
    )


def make_certificate(folder: Path) -> Path:
    """Write `server.pem` and `server.key` for 127.0.0.1; the file of the authority that signed it: itself."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nats")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, SHA256())
    )
    (folder / "server.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "server.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "server.pem"
