"""Makes docs/openapi.json from the table of routes, their contracts and the wire types (OpenAPI 3.1).

`python tools/generate_openapi.py` writes the file; with `--check` it writes nothing and exits 1 when it is out of date.
"""

import http
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from crumbless.api.request_bounds import MAX_PATH_PARAMETER
from crumbless.api.route_contracts import CONTRACTS, Contract, name_of, statuses_of
from crumbless.api.routes import ROUTES, Route
from crumbless.domain.wire import Problem
from crumbless.domain.wire_timeline import ENTRY_DATA

TARGET = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"
REF = "#/components/schemas/{name}"

INFO = {
    "title": "Crumbless",
    "version": "v1",
    "summary": "The HTTP API of visitors and operators.",
    "description": "Every request of a session carries `Authorization: DPoP TOKEN` and a `DPoP` proof of its key "
    "(RFC 9449); docs/protocol.md says how, and what travels over the stream. No answer sets a cookie.",
    "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
}

SECURITY = {
    "session": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "`DPoP TOKEN`, together with a `DPoP` header that holds a proof for this very request.",
    }
}


def document() -> dict[str, Any]:
    """The whole document."""
    routes = [(route, CONTRACTS[name_of(route)]) for route in ROUTES if name_of(route) in CONTRACTS]
    types = {*(c.takes for _, c in routes), *(c.gives for _, c in routes), Problem, *ENTRY_DATA.values()} - {None}
    ordered = sorted(types, key=str)
    shapes, components = msgspec.json.schema_components(ordered, ref_template=REF)
    schemas = dict(zip(ordered, shapes, strict=True))
    # JSON that the server passes on as it is stored: its type follows from the kind.
    of_kinds = [{"$ref": REF.format(name=data.__name__)} for data in ENTRY_DATA.values()]
    components["Entry"]["properties"]["data"] = {"anyOf": [*of_kinds, {"type": "null"}]}
    paths: dict[str, dict[str, Any]] = {}
    for route, contract in routes:
        path = route.path.replace(":str}", "}")
        paths.setdefault(path, {})[route.method.lower()] = operation(route, contract, schemas)
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SECURITY},
    }


def operation(route: Route, contract: Contract, schemas: dict[Any, Any]) -> dict[str, Any]:
    """One method of one path."""
    told: dict[str, Any] = {"operationId": operation_id(route), "tags": [route.who]}
    if doc := inspect.getdoc(route.handler):
        told["summary"] = doc.splitlines()[0]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": MAX_PATH_PARAMETER}}
        for name in re.findall(r"\{(\w+):str\}", route.path)
    ]
    parameters += [{"name": name, "in": "query", "schema": schema} for name, schema in contract.query]
    if parameters:
        told["parameters"] = parameters
    if contract.takes is not None:
        told["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schemas[contract.takes]}},
        }
    told["security"] = [{"session": []}] if route.who in {"visitor", "operator"} else []
    told["responses"] = responses(route, contract, schemas)
    return told


def responses(route: Route, contract: Contract, schemas: dict[Any, Any]) -> dict[str, Any]:
    """The success, then every refusal."""
    success: dict[str, Any] = {"description": http.HTTPStatus(contract.status).phrase}
    if contract.gives is not None:
        success["content"] = {contract.media_type: {"schema": schemas[contract.gives]}}
    refused = {
        str(status): {
            "description": http.HTTPStatus(status).phrase,
            "content": {"application/problem+json": {"schema": schemas[Problem]}},
        }
        for status in sorted(statuses_of(route, contract))
    }
    others = {str(status): {"description": http.HTTPStatus(status).phrase} for status in contract.also}
    return {str(contract.status): success} | others | refused


def operation_id(route: Route) -> str:
    """A name for programs, such as `post_desk_sign_in`."""
    words = re.sub(r"[{}]|:str", "", route.path.removeprefix("/v1/"))
    return f"{route.method.lower()}_{re.sub(r'[^a-z]+', '_', words)}"


def main() -> int:
    """Writes the file, or with `--check` compares it. Returns the exit code."""
    made = json.dumps(document(), indent=1, ensure_ascii=False) + "\n"
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(made, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == made:
        return 0
    print("docs/openapi.json is out of date: run python tools/generate_openapi.py")
    return 1


if __name__ == "__main__":
    sys.exit(main())
