"""The interface to an OpenID provider."""

from dataclasses import dataclass
from typing import Protocol

from crumbless.core.errors import CrumblessError
from crumbless.sign_in.id_token import IdToken


class ProviderFailed(CrumblessError):
    """An OpenID provider does not respond as specified. The message contains no address or secret."""


@dataclass(frozen=True, slots=True)
class OidcRequest:
    """A request to sign in at a provider. `challenge` is derived from `verifier`, which is stored until the code
    arrives (PKCE, RFC 7636). `fresh`: the provider must authenticate the person again."""

    redirect_uri: str
    state: str
    nonce: str
    verifier: str
    challenge: str
    fresh: bool = False


class OidcPort(Protocol):
    """An OpenID provider (sign_in/oidc_provider.py)."""

    async def location(self, request: OidcRequest) -> str:
        """Raises ProviderFailed."""
        ...

    async def redeem(self, request: OidcRequest, code: str, iss: str, since: int = 0) -> IdToken:
        """Raises ProviderFailed, IdTokenRejected."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...
