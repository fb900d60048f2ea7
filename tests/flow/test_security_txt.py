"""/.well-known/security.txt is served if the operator has set a contact for reports of vulnerabilities."""

import httpx

from flow.conftest import StartServer

PATH = "/.well-known/security.txt"


async def test_contact_is_served_as_text(http: httpx.AsyncClient, start_server: StartServer) -> None:
    server = start_server(security_contact="security@shop.example")
    answer = await http.get(server.address + PATH)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["cache-control"] == "public, max-age=86400"
    lines = answer.text.splitlines()
    assert lines[0] == "Contact: mailto:security@shop.example"
    assert lines[2] == f"Canonical: {server.address}{PATH}"


async def test_server_without_a_contact_has_no_file(http: httpx.AsyncClient, start_server: StartServer) -> None:
    answer = await http.get(start_server().address + PATH)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
