"""Makes docs/openapi.json from the table of routes (OpenAPI 3.1).

`python tools/generate_openapi.py` writes the file; with `--check` it writes nothing and exits 1 when it is out of date.
"""

import http
import inspect
import json
import re
import sys
from pathlib import Path
from typing import Any, cast

import msgspec

from crumbless.core.errors import ERROR_SPECS
from crumbless.http.request_bounds import MAX_PATH_PARAMETER
from crumbless.http.route import Route
from crumbless.protocol.problem import Problem
from crumbless.protocol.timeline import ENTRY_DATA
from crumbless.routes import ROUTES

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
    routes = [route for route in ROUTES if is_described(route)]
    types = {Problem, *ENTRY_DATA.values(), *(kind for route in routes for kind in types_of(route))}
    ordered = sorted(types, key=str)
    shapes, components = msgspec.json.schema_components(ordered, ref_template=REF)
    schemas = dict(zip(ordered, shapes, strict=True))
    # JSON that the server passes on as it is stored: its type follows from the kind.
    of_kinds = [{"$ref": REF.format(name=data.__name__)} for data in ENTRY_DATA.values()]
    components["Entry"]["properties"]["data"] = {"anyOf": [*of_kinds, {"type": "null"}]}
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": INFO,
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SECURITY},
    }


def is_described(route: Route) -> bool:
    """Return whether the route belongs to the API. Pages, scripts and preflights do not."""
    return route.path.startswith("/v1/") and route.method != "OPTIONS"


def types_of(route: Route) -> list[Any]:
    """Return the types of the route's bodies."""
    kinds = [route.signature.takes, route.signature.gives, *route.also.values()]
    return [kind for kind in kinds if kind not in {None, bytes} and not isinstance(kind, tuple)]


def operation(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    """Return one method of one path."""
    summary = (inspect.getdoc(route.handler) or "").splitlines()[0].removesuffix(".")
    described: dict[str, Any] = {"operationId": operation_id(route), "tags": [route.who], "summary": summary}
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "maxLength": MAX_PATH_PARAMETER}}
        for name in route.parameters
    ]
    parameters += query_parameters(route)
    if parameters:
        described["parameters"] = parameters
    if route.signature.takes in schemas:
        content = {"application/json": {"schema": schemas[route.signature.takes]}}
        described["requestBody"] = {"required": True, "content": content}
    described["security"] = [{"session": []}] if route.who in {"visitor", "operator"} else []
    described["responses"] = responses(route, schemas)
    return described


def query_parameters(route: Route) -> list[dict[str, Any]]:
    """Return the parameters of the query. One that may be absent has no null: a query cannot contain it."""
    if route.signature.query is None:
        return []
    described: list[dict[str, Any]] = []
    (shape,) = msgspec.json.schema_components([route.signature.query])[1].values()
    for name, field in shape["properties"].items():
        schema = {key: value for key, value in field.items() if value is not None}
        (kind,) = [one for one in schema.pop("anyOf", [{}]) if one != {"type": "null"}]
        schema = ({"type": "string"} if "enum" in kind | schema else {}) | kind | schema
        described.append({"name": name, "in": "query", "schema": schema})
    return described


def responses(route: Route, schemas: dict[Any, Any]) -> dict[str, Any]:
    """Return the successes, then every refusal."""
    gives = route.signature.gives
    status = 204 if gives is None else route.status
    found = {status: described_response(status, content_of(route, gives, schemas))}
    found |= {code: described_response(code, content_of(route, kind, schemas)) for code, kind in route.also.items()}
    refusal = {"application/problem+json": {"schema": schemas[Problem]}}
    found |= {code: described_response(code, refusal) for code in sorted(refused_statuses(route))}
    return {str(code): response for code, response in found.items()}


def content_of(route: Route, gives: Any, schemas: dict[Any, Any]) -> dict[str, Any]:
    """Return the media types of a result and their schemas."""
    if gives is None:
        return {}
    if gives in schemas:
        return {route.media: {"schema": schemas[gives]}}
    return {media: {} for media in cast(tuple[str, ...], gives)}


def described_response(status: int, content: dict[str, Any]) -> dict[str, Any]:
    """Return a response with this status."""
    described: dict[str, Any] = {"description": http.HTTPStatus(status).phrase}
    return described | {"content": content} if content else described


def refused_statuses(route: Route) -> set[int]:
    """Return the statuses of all codes that the row names or that follow from it."""
    codes = {*route.refuses, "misdirected", "slow_down"}
    if route.method == "POST":
        codes |= {"foreign_origin", "too_large", "busy"}
    if route.signature.takes not in {None, bytes}:
        codes |= {"malformed", "invalid", "unsupported_media_type"}
    if route.signature.query is not None:
        codes |= {"invalid"}
    if route.signature.key:
        codes |= {"invalid_proof"}
    if route.who != "public":
        codes |= {"invalid_token", "invalid_proof", "forbidden", "foreign_origin"}
    if route.parameters:
        codes |= {"not_found"}
    return {ERROR_SPECS[code].status for code in codes}


def operation_id(route: Route) -> str:
    """A name for programs, such as `post_desk_sign_in`."""
    words = re.sub(r"[{}]", "", route.path.removeprefix("/v1/"))
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
