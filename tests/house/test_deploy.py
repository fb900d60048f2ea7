"""The files in deploy/ name existing sources, commands, settings and paths of the server."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from crumbless.cli.main import app
from crumbless.core.errors import ERROR_SPECS
from crumbless.core.settings import CONFIG_FILE, PREFIX, SECTION_OF
from crumbless.http.http_protocol import BODY_SECONDS, HEAD_SECONDS
from crumbless.routes import ROUTES
from crumbless.stream.stream_http import POLL_SECONDS

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
COMPOSES = sorted(DEPLOY.glob("compose*.yaml"))


def text_of(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def commands() -> set[str]:
    return {*app.commands}


def block(text: str, heading: str) -> str:
    """Return the text between the braces after a heading."""
    start = text.index(heading) + len(heading)
    depth, begin = 0, text.index("{", start)
    for at in range(begin, len(text)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if not depth:
            return text[begin + 1 : at]
    raise AssertionError(f"the block {heading} has no end")


def test_image_is_built_from_existing_sources() -> None:
    lines = [line.split() for line in text_of("Dockerfile").splitlines() if line.startswith("COPY ")]
    sources = [name for line in lines if "--from" not in line[1] for name in line[1:-1]]
    assert {"bin", "src", "web", "requirements"} <= {*sources}
    assert [name for name in sources if not (ROOT / name).exists()] == []
    let_in = {line[1:] for line in text_of("Dockerfile.dockerignore").splitlines() if line.startswith("!")}
    assert {name.partition("/")[0] for name in sources} - let_in == set()


def test_build_of_the_image_needs_no_git() -> None:
    """The image's base has no git. tests/proof/test_clean_checkout.py runs the steps of the build without it."""
    for name in ("bin/build", "bin/lib/environment_prepare.sh"):
        code = re.sub(r"^\s*#.*$", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
        assert re.findall(r"(?:^|[|;&(`$]\s*)git\s", code, re.MULTILINE) == [], name


def test_image_runs_as_unprivileged_user() -> None:
    second = text_of("Dockerfile").rpartition("\nFROM ")[2]
    assert re.search(r"^USER 10001$", second, re.MULTILINE)
    assert second.index("pip install") < second.index("USER"), "the server cannot write its own code"
    command = re.search(r'^CMD \["(\w+)"\]$', second, re.MULTILINE)
    assert command is not None
    assert command[1] in commands()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_settings_and_commands_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    known = {f"{PREFIX}{name.upper()}" for name in SECTION_OF} | {CONFIG_FILE}
    assert set(re.findall(rf"\b{PREFIX}[A-Z_]+[A-Z]\b", text)) - known == set()
    assert set(re.findall(r"/bin/crumbless (\w+)|command: \[(\w+)", text)) <= {
        pair for name in commands() for pair in ((name, ""), ("", name))
    }


@pytest.mark.parametrize("name", ["Dockerfile", "Caddyfile", "nginx.conf", "prometheus_rules.yaml"])
def test_paths_exist(name: str) -> None:
    paths = {route.path for route in ROUTES} | {"/v1/stream"}
    asked = set(
        re.findall(r"(?<![\w/.])(?:http://127\.0\.0\.1:8000)?(/(?:healthz|readyz|metrics|v1/\w+))\b", text_of(name))
    )
    assert asked <= paths
    assert asked or name == "prometheus_rules.yaml"


@pytest.mark.parametrize("path", COMPOSES, ids=lambda path: path.name)
def test_compose_file_is_consistent(path: Path) -> None:
    made: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    services: dict[str, dict[str, Any]] = made["services"]
    for name, service in services.items():
        assert {*service.get("depends_on", {})} <= {*services}, name
        assert {*service.get("networks", [])} <= {*made["networks"]}, name
        for volume in service.get("volumes", []):
            source = str(volume).partition(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in made["volumes"], volume
    subnet = made["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    nodes = [one for one in services.values() if "CRUMBLESS_PUBLIC_URL" in one.get("environment", {})]
    assert nodes
    assert {one["environment"]["CRUMBLESS_TRUSTED_PROXIES"] for one in nodes} == {subnet}
    assert all("ports" not in one for one in nodes), "a node is reachable only through the proxy"


def test_nginx_does_not_buffer_streams() -> None:
    text = text_of("nginx.conf")
    assert text.count("{") == text.count("}")
    stream = block(text, "location /v1/stream")
    assert "proxy_buffering       off;" in stream
    assert "gzip                  off;" in stream
    waits = re.findall(r"proxy_(?:read|send)_timeout\s+(\d+)s;", stream)
    assert waits
    assert all(int(seconds) > POLL_SECONDS for seconds in waits)
    for header in ("Host              $http_host", "Upgrade           $http_upgrade", 'Cookie            ""'):
        assert f"proxy_set_header {header};" in text
    assert float(re.findall(r"client_header_timeout (\d+)s", text)[0]) <= HEAD_SECONDS
    assert float(re.findall(r"client_body_timeout\s+(\d+)s", text)[0]) <= BODY_SECONDS


def test_caddy_does_not_buffer_streams() -> None:
    text = text_of("Caddyfile")
    assert text.count("{") == text.count("}")
    proxy = block(text, "reverse_proxy {$NODES}")
    for line in ("flush_interval -1", "header_up -Cookie", "health_uri /readyz"):
        assert line in proxy


def test_systemd_unit_restricts_the_service() -> None:
    unit = text_of("crumbless.service")
    for line in ("DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet="):
        assert f"\n{line}\n" in unit
    assert "SIGKILL" not in unit


def test_alert_rules_are_valid() -> None:
    made: dict[str, Any] = yaml.safe_load(text_of("prometheus_rules.yaml"))
    rules: list[dict[str, Any]] = [rule for group in made["groups"] for rule in group["rules"]]
    assert len(rules) > 8
    assert {rule["labels"]["severity"] for rule in rules} == {"page", "ticket"}
    assert all(rule["annotations"]["summary"].endswith(".") for rule in rules)
    codes = [
        code for rule in rules for named in re.findall(r'code=~?"([^"]+)"', rule["expr"]) for code in named.split("|")
    ]
    assert len(codes) > 2
    assert {*codes} <= {*ERROR_SPECS}
    assert all(rule["expr"].count("(") == rule["expr"].count(")") for rule in rules)
