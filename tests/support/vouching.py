"""A site that verifies its visitors: keys created at the desk, tokens signed by PyJWT, an independent library."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from support.client import Person, ask
from support.people import TEA, Shop, World

DOCUMENT = (Path(__file__).parents[2] / "docs" / "visitors.md").read_text(encoding="utf-8")


def snippet(language: str) -> str:
    """Return the example of docs/visitors.md in this language."""
    found = re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, language
    return str(found[0])


@dataclass(frozen=True)
class SigningKey:
    """A key of the site: its name at the server, and what the site keeps."""

    kid: str
    algorithm: str
    material: Any

    def token(
        self, subject: str = "anna", shop: Shop = TEA, header: dict[str, Any] | None = None, **claims: Any
    ) -> str:
        """A token for this subject; `claims` are added, or taken away with None."""
        now = int(time.time())
        said = {"aud": shop.key, "sub": subject, "iat": now, "exp": now + 3600, "name": subject.title(), **claims}
        headers = {"kid": self.kid, **(header or {})}
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None},
            self.material,
            self.algorithm,
            headers=headers,
        )

    def private_text(self) -> str:
        """Return the site's key in the form of its settings."""
        if isinstance(self.material, str):
            return self.material
        return self.material.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def pem_of(key: Any) -> str:
    """The public half of a key as PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


async def set_mode(world: World, owner: Person, mode: str, shop: Shop = TEA) -> None:
    """Switch identity verification at the desk."""
    answer = await ask(world.http, owner, "POST", f"/v1/desk/sites/{shop.key}/identity", {"mode": mode})
    assert answer.status_code == 200, answer.text


async def add_key(world: World, owner: Person, algorithm: str = "EdDSA", shop: Shop = TEA) -> SigningKey:
    """A new key of the site."""
    private = {"EdDSA": ed25519.Ed25519PrivateKey.generate, "ES256": lambda: ec.generate_private_key(ec.SECP256R1())}
    material: Any = private[algorithm]() if algorithm in private else None
    body = {"algorithm": algorithm, "name": "test", "public_key": pem_of(material) if material else ""}
    answer = await ask(world.http, owner, "POST", f"/v1/desk/sites/{shop.key}/identity/keys", body)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return SigningKey(made["key"]["kid"], algorithm, material or made["secret"])


async def retire_keys(world: World, owner: Person, shop: Shop = TEA) -> None:
    """Retire the site's keys: tests before this one made some, and a site may have twenty."""
    site = f"/v1/desk/sites/{shop.key}/identity"
    for key in (await ask(world.http, owner, "GET", site)).json()["keys"]:
        if key["retired_at"] is None:
            answer = await ask(world.http, owner, "POST", f"{site}/keys/{key['kid']}/retire")
            assert answer.status_code < 300, answer.text


async def identify(world: World, person: Person, token: str, shop: Shop = TEA, **headers: str) -> Any:
    """The answer to a token."""
    body = {"site": shop.key, "identity": token, "page_origin": shop.origin}
    return await ask(world.http, person, "POST", "/v1/visitor/identify", body, None, **headers)


def take_session(person: Person, told: dict[str, Any]) -> Person:
    """The person with the session of an answer."""
    person.token, person.id, person.conversation = told["token"], told["visitor"], told["conversation"]
    return person


def code_of(answer: Any) -> str:
    """The code of a problem document."""
    return str(answer.json()["type"]).removeprefix("urn:crumbless:problem:")
