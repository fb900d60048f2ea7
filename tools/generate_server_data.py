"""Generates docs/data_protection.md and the schema of server_data.toml, from server_data.toml and its English texts.

`python tools/generate_server_data.py` writes both. With `--check` it writes nothing. It exits 1 if server_data.toml
breaks its schema or contradicts itself, if a text is missing, or if a file is out of date.
"""

import json
import sys
import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crumbless.core.settings import PREFIX, Settings
from crumbless.server_data.server_data_texts import ServerDataTexts, server_text_faults
from crumbless.server_data.server_data_view import NO_PERIODS, ServerDataView
from crumbless.server_data.server_registry import ServerRegistry, ServerRegistryError, parse_server_registry
from crumbless.server_data.server_registry_read import read_server_data_texts

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "server_data.toml"
SCHEMA = ROOT / "server_data.schema.json"
GUIDE = ROOT / "docs" / "data_protection.md"


def schema_text() -> str:
    """Return the JSON Schema of server_data.toml, for editors."""
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Data that Crumbless stores on the server",
        **msgspec.json.schema(ServerRegistry),
    }
    return json.dumps(schema, indent=2) + "\n"


def check_schema(source: str) -> None:
    """Check server_data.toml with a validator that does not know our types. Raises ServerRegistryError."""
    jsonschema = import_module("jsonschema")
    # TOML has dates. In JSON they are texts.
    plain: Any = json.loads(json.dumps(tomllib.loads(source), default=str))
    for fault in jsonschema.Draft202012Validator(json.loads(schema_text())).iter_errors(plain):
        raise ServerRegistryError(f"server_data.toml, {fault.json_path}: {fault.message}")


def guide_text(registry: ServerRegistry, texts: ServerDataTexts) -> str:
    """Return docs/data_protection.md."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    view = ServerDataView(registry, Settings())
    periods = {one.name: one.period for one in registry.data}

    def setting_of(name: str) -> str:
        period = periods[name]
        return "" if period is None or period[0].isdigit() else f" (`{PREFIX}{period.upper()}`)"

    def labels(names: tuple[str, ...]) -> str:
        return ", ".join(texts.data[name].label for name in names)

    return environment.get_template("data_protection.md.jinja").render(
        revision=registry.revision[0],
        groups=view.groups("en", {}, NO_PERIODS),
        sent=view.sent("en"),
        requests={one.name: one.request for one in registry.sent},
        tables=registry.table,
        rules={table.name: [rule for rule in registry.rules() if rule.table == table.name] for table in registry.table},
        labels=labels,
        setting_of=setting_of,
        texts=texts,
    )


def main() -> int:
    """Write the files, or with `--check` compare them. Return the exit code."""
    source = SOURCE.read_text(encoding="utf-8")
    try:
        registry = parse_server_registry(source)
        # An environment that only builds and runs has no validator. The types have been checked already.
        if find_spec("jsonschema"):
            check_schema(source)
        texts = read_server_data_texts()
        for fault in server_text_faults(registry, texts):
            raise ServerRegistryError(fault)
    except (ServerRegistryError, msgspec.ValidationError) as error:
        print(error)
        return 1
    made = {SCHEMA: schema_text(), GUIDE: guide_text(registry, texts["en"])}
    if "--check" not in sys.argv[1:]:
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
        return 0
    stale = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        print(f"{path.relative_to(ROOT)} is out of date: run python tools/generate_server_data.py")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
