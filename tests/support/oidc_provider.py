"""A real OpenID provider in a separate process, and a person who signs in at it."""

import re
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx

SCRIPT = Path(__file__).with_name("oidc_provider.mjs")
CLIENT_ID = "crumbless"
CLIENT_SECRET = "a secret with : and %"


@contextmanager
def run_provider(redirect_uri: str) -> Generator[str]:
    """The issuer of a provider that knows one client, which may come back to `redirect_uri`."""
    process = subprocess.Popen(["node", SCRIPT, redirect_uri], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        issuer = process.stdout.readline().strip()
        assert issuer.startswith("http"), issuer
        yield issuer
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


class ProviderVisit:
    """A browser at the provider: it keeps the provider's cookies, and follows where it is sent."""

    def __init__(self) -> None:
        self._client = httpx.AsyncClient(trust_env=False, follow_redirects=False, timeout=20)

    async def close(self) -> None:
        """Forget the provider's cookies."""
        await self._client.aclose()

    async def sign_in(self, location: str, account: str, back: str) -> dict[str, str]:
        """Sign in, and return the query that the provider adds to the return address under `back`."""
        answer = await self._client.get(location)
        for _ in range(12):
            if answer.is_redirect:
                target = urljoin(str(answer.url), answer.headers["location"])
                if target.startswith(back):
                    return {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
                answer = await self._client.get(target)
                continue
            assert answer.status_code == 200, answer.text
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert form, answer.text
            fields = {"prompt": "login", "login": account, "password": "any"}
            answer = await self._client.post(urljoin(str(answer.url), form[1]), data=fields)
        raise AssertionError("the provider sends one round in circles")
