"""An OpenID provider over HTTP: its endpoints, its keys, and the exchange of codes (OpenID Connect Core 1.0)."""

import asyncio
import base64
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from crumbless.core.deferred_import import deferred_module
from crumbless.core.ids import wall_ms
from crumbless.core.settings import OidcProviderSettings
from crumbless.core.time_units import HOUR_SECONDS
from crumbless.sign_in.id_token import IdToken, IdTokenRejected, read_id_token
from crumbless.sign_in.oidc_port import OidcRequest, ProviderFailed

if TYPE_CHECKING:
    import httpx
else:
    # 55 ms and 4 MB.
    httpx = deferred_module("httpx")

DEADLINE_SECONDS = 10.0
MAX_RESPONSE = 262_144
"""Maximum of bytes of a response. A set of keys with certificates may have some ten thousand."""

CACHE_SECONDS = HOUR_SECONDS
"""How long the provider's metadata is cached."""

REFETCH_SECONDS = 30.0
"""Minimum time between two requests of the keys, if a token names an unknown key."""

_LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1"}


class _Metadata(msgspec.Struct, frozen=True):
    """OpenID Connect Discovery 1.0, section 3."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = msgspec.field(default_factory=lambda: ["client_secret_basic"])
    authorization_response_iss_parameter_supported: bool = False


class _TokenResponse(msgspec.Struct, frozen=True):
    id_token: str


class OidcProvider:
    """One provider. The client is opened on first use, so httpx is loaded only by installations with providers."""

    def __init__(self, settings: OidcProviderSettings) -> None:
        self.settings = settings
        self._client: httpx.AsyncClient | None = None
        self._metadata: _Metadata | None = None
        self._metadata_until = 0.0
        self._keys: dict[str, Any] = {}
        self._keys_at = float("-inf")
        self._reading = asyncio.Lock()

    async def location(self, request: OidcRequest) -> str:
        """Return the address at which the browser signs in (Core, section 3.1.2.1; PKCE, RFC 7636).

        Raises:
            ProviderFailed: if the provider's metadata cannot be read.
        """
        metadata = await self._read_metadata()
        parameters = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": request.redirect_uri,
            "scope": " ".join({"openid": None, **dict.fromkeys(self.settings.scopes)}),
            "state": request.state,
            "nonce": request.nonce,
            "code_challenge": request.challenge,
            "code_challenge_method": "S256",
        }
        if request.fresh:
            parameters |= {"prompt": "login", "max_age": "0"}
        joint = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        return metadata.authorization_endpoint + joint + urlencode(parameters)

    async def redeem(self, request: OidcRequest, code: str, iss: str, since: int = 0) -> IdToken:
        """Return the account that signed in, in exchange for the browser's code.

        Args:
            iss: the issuer that came with the code (RFC 9207); empty if none did.
            since: as in `read_id_token`.

        Raises:
            ProviderFailed: if the provider does not respond as specified.
            IdTokenRejected: if its ID token is invalid.
        """
        metadata = await self._read_metadata()
        if iss != metadata.issuer and (iss or metadata.authorization_response_iss_parameter_supported):
            raise IdTokenRejected("another issuer sent the browser back")
        token = (await self._exchange(metadata, request, code)).id_token
        try:
            return self._checked(token, await self._read_keys(metadata), request, since)
        except IdTokenRejected as error:
            if not error.key_unknown:
                raise
        return self._checked(token, await self._read_keys(metadata, refresh=True), request, since)

    def _checked(self, token: str, keys: dict[str, Any], request: OidcRequest, since: int) -> IdToken:
        settings = self.settings
        now = wall_ms() // 1000
        return read_id_token(
            token,
            keys,
            issuer=settings.issuer,
            client_id=settings.client_id,
            nonce=request.nonce,
            now=now,
            since=since,
        )

    async def _exchange(self, metadata: _Metadata, request: OidcRequest, code: str) -> _TokenResponse:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": request.redirect_uri,
            "code_verifier": request.verifier,
        }
        headers: dict[str, str] = {}
        client_id, secret = self.settings.client_id, self.settings.client_secret
        if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported and secret:
            # RFC 6749, section 2.3.1: each part is form-encoded before the pair is.
            pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
            headers["authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        else:
            form |= {"client_id": client_id} | ({"client_secret": secret} if secret else {})
        return _decode(await self._request("POST", metadata.token_endpoint, form, headers), _TokenResponse)

    async def _read_metadata(self) -> _Metadata:
        async with self._reading:
            if self._metadata is None or time.monotonic() > self._metadata_until:
                issuer = self.settings.issuer
                response = await self._request("GET", issuer.rstrip("/") + "/.well-known/openid-configuration")
                found = _decode(response, _Metadata)
                if found.issuer != issuer:
                    raise ProviderFailed("its metadata names another issuer")
                for address in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                    _check_address(address)
                self._metadata, self._metadata_until = found, time.monotonic() + CACHE_SECONDS
                return found
            return self._metadata

    async def _read_keys(self, metadata: _Metadata, refresh: bool = False) -> dict[str, Any]:
        async with self._reading:
            age = time.monotonic() - self._keys_at
            if age > CACHE_SECONDS or (refresh and age > REFETCH_SECONDS) or (refresh and not self._keys):
                self._keys = _decode(await self._request("GET", metadata.jwks_uri), dict[str, Any])
                self._keys_at = time.monotonic()
            return self._keys

    async def _request(
        self, method: str, address: str, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        if self._client is None:
            self._client = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=DEADLINE_SECONDS)
        sent = {"accept": "application/json", "user-agent": "Crumbless", **(headers or {})}
        try:
            async with (
                asyncio.timeout(DEADLINE_SECONDS),
                self._client.stream(method, address, data=form, headers=sent) as response,
            ):
                if response.status_code != 200:
                    raise ProviderFailed(f"it responded with status {response.status_code}")
                data = b""
                async for part in response.aiter_bytes():
                    data += part
                    if len(data) > MAX_RESPONSE:
                        raise ProviderFailed("its response is too large")
                return data
        except TimeoutError:
            raise ProviderFailed(f"no response within {DEADLINE_SECONDS:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            # Only the type: the message may contain the address with its secrets.
            raise ProviderFailed(f"it could not be reached ({type(error).__name__})") from None

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def _decode(data: bytes, model: Any) -> Any:
    try:
        return msgspec.json.decode(data, type=model)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise ProviderFailed("its response does not match the request") from None


def _check_address(address: str) -> None:
    """Raises ProviderFailed unless the address is encrypted or on this machine."""
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        raise ProviderFailed("its metadata contains an address without https")
