"""Finds what a website declares: at its own /storage.json, and at those of the hosts that its page loads from."""

import asyncio

import httpx

from crumbless.storage_auditor.audit_report import Asked, RegistryFound
from crumbless.storage_auditor.declared_items import Declaration, DeclarationError, parse_disclosure
from crumbless.storage_auditor.site_name import origin_of, site_of

ASK_SECONDS = 5.0
MAX_ORIGINS = 20
MAX_BYTES = 1_000_000


async def find_declaration(url: str, requests: list[Asked]) -> tuple[Declaration, RegistryFound]:
    """Return the declarations of the website and the hosts it loads from. A host can only name hosts of its site."""
    origins = list(dict.fromkeys(origin_of(one) for one in [url, *(asked.url for asked in requests)]))
    origins = [one for one in origins if one.startswith("http")][:MAX_ORIGINS]
    async with httpx.AsyncClient(timeout=ASK_SECONDS, verify=True, trust_env=True) as client:
        found = await asyncio.gather(*(_ask(client, one) for one in origins))
    declaration = Declaration()
    sources: list[str] = []
    for address, one in (pair for pair in found if pair):
        declaration = declaration.joined(one)
        sources.append(address)
    return declaration, RegistryFound(sources=sources, items=len(declaration.items))


async def _ask(client: httpx.AsyncClient, origin: str) -> tuple[str, Declaration] | None:
    address = f"{origin}/storage.json"
    try:
        answer = await asyncio.wait_for(client.get(address), ASK_SECONDS)
        if answer.status_code != 200 or len(answer.content) > MAX_BYTES:
            return None
        declaration = parse_disclosure(answer.text, address)
    except (httpx.HTTPError, TimeoutError, DeclarationError, ValueError):
        return None
    site = site_of(httpx.URL(origin).host)
    hosts = tuple(host for host in declaration.hosts if site_of(host) == site)
    return address, Declaration(items=declaration.items, hosts=hosts)
