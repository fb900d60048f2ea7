"""A registry of the server that is malformed or contradicts itself is rejected, with the line of the fault."""

import re

import msgspec
import pytest

from crumbless.server_data.server_data_texts import server_text_faults
from crumbless.server_data.server_registry import ServerRegistryError, parse_server_registry, server_digest
from crumbless.server_data.server_registry_read import read_server_data_texts, read_server_registry

UNSEALED = "0" * 16

CONTENT = f"""[[revision]]
number = 1
date = 2026-11-29
digest = "{UNSEALED}"

[[data]]
name = "visits"
subjects = ["visitors"]
basis = "interest"
retention = "age"
period = "24h"

[[data]]
name = "accounts"
subjects = ["operators"]
basis = "employment"
retention = "never"

[[table]]
name = "visit"
data = ["visits"]
erase = "kept"
reason = "shell"
column = [
  {{ name = "id" }},
  {{ name = "name", export = "visitor.name", erase = "emptied" }},
  {{ name = "operator_id", data = ["accounts"], erase = "unrelated", own_reason = "internal" }},
]

[[table]]
name = "operator"
data = ["accounts"]
own_reason = "secret"
column = [
  {{ name = "email" }},
]

[[sent]]
name = "start"
request = "POST /v1/visitor/start"
field = [
  {{ name = "text", data = ["visits"] }},
  {{ name = "work" }},
]
"""


def seal(source: str) -> str:
    """Return the source with the digest of its content, if it has no other fault."""
    try:
        parse_server_registry(source)
    except ServerRegistryError as error:
        found = re.search(r"whose digest is (\w+)", str(error))
        return source.replace(UNSEALED, found[1]) if found else source
    raise AssertionError("no registry has this digest")


SOUND = seal(CONTENT)


def fault_of(source: str) -> tuple[int, str]:
    """Return line and message of the rejection."""
    with pytest.raises(ServerRegistryError) as rejected:
        parse_server_registry(source)
    found = re.match(r"server_data\.toml, line (\d+): (.*)", str(rejected.value))
    assert found, rejected.value
    return int(found[1]), found[2]


def test_sound_registry_is_read_with_the_values_of_its_tables() -> None:
    rules = parse_server_registry(SOUND).rules()
    assert [(rule.column, rule.data, rule.export, rule.erase, rule.reason) for rule in rules] == [
        ("id", ("visits",), "", "kept", "shell"),
        ("name", ("visits",), "visitor.name", "emptied", None),
        ("operator_id", ("accounts",), "", "unrelated", None),
        ("email", ("accounts",), "", "unrelated", None),
    ]
    assert [rule.own_reason for rule in rules] == [None, None, "internal", "secret"]


@pytest.mark.parametrize(
    ("old", "new", "line_of", "message"),
    [
        ('name = "accounts"', 'name = "visits"', 'name = "visits"', "visits: its name is taken by an entry before it"),
        ('name = "operator"\n', 'name = "visit"\n', 'name = "visit"\n', "visit: its name is taken"),
        ('period = "24h"\n', "", 'retention = "age"', 'visits: the retention "age" needs a `period`'),
        ('period = "24h"', 'period = "moon_days"', 'period = "moon_days"', "visits: there is no setting moon_days"),
        ('retention = "age"', 'retention = "erasure"', 'period = "24h"', 'the retention "erasure" has no `period`'),
        ('basis = "interest"', 'basis = "none"', 'basis = "none"', 'data of "operation", and only it, has the basis'),
        ('["operators"]', '["operators", "operation"]', 'subjects = ["operators", "op', '"operation" is for data that'),
        ('{ name = "id" }', '{ name = "name" }', '{ name = "name", export', "visit.name: its name is taken"),
        ('reason = "shell"\n', "", '{ name = "id" }', "visit.id: a column that is kept needs a `reason`"),
        ('erase = "emptied"', 'reason = "ban", erase = "emptied"', "emptied", "only a column that is kept has a"),
        ('{ name = "email"', '{ name = "email", export = "x"', "email", "operator.email: only data of visitors can"),
        ('{ name = "email"', '{ name = "email", erase = "deleted"', "email", "an erasure changes only data of"),
        ('{ name = "email"', '{ name = "email", data = ["y"]', "email", "operator.email: there is no data y"),
        ('own_reason = "secret"\n', "", '{ name = "email" }', "operator.email: a column about operators is in their"),
        ('{ name = "email"', '{ name = "email", own = "a.b", own_reason = "brief"', "email", "has no `own_reason`"),
        ('"text", data = ["visits"]', '"text", data = ["y"]', '"text"', "start.text: there is no data y"),
        ("number = 1", "number = 2", "number = 2", "revisions are numbered from 1 without gaps"),
        ('period = "24h"', 'period = "25h"', "digest", "the content has changed: add a [[revision]] on top"),
        ('basis = "interest"', 'basis = "mood"', 'basis = "mood"', "Invalid enum value 'mood'"),
        ('{ name = "work" }', '{ name = "Work" }', '{ name = "Work" }', "matching regex"),
        ('{ name = "email" }', '{ name = "email", colour = 1 }', "colour", "unknown field `colour`"),
        ('request = "POST /v1/visitor/start"\n', "", "[[sent]]", "missing required field `request`"),
    ],
)
def test_fault_is_reported_with_its_line(old: str, new: str, line_of: str, message: str) -> None:
    assert SOUND.count(old) == 1
    source = SOUND.replace(old, new)
    line, reason = fault_of(source)
    assert message in reason
    assert source.splitlines()[line - 1].count(line_of.rstrip("\n")), source.splitlines()[line - 1]


def test_data_without_a_column_is_reported() -> None:
    source = SOUND.replace(
        '[[table]]\nname = "operator"\ndata = ["accounts"]', '[[table]]\nname = "operator"\ndata = ["visits"]'
    )
    source = source.replace('data = ["accounts"], erase = "unrelated"', 'erase = "unrelated"')
    line, reason = fault_of(source)
    assert reason == "accounts: no column has it"
    assert source.splitlines()[line - 1] == 'name = "accounts"'


def test_invalid_toml_is_rejected() -> None:
    with pytest.raises(ServerRegistryError, match=r"not TOML: .*line 1"):
        parse_server_registry("data = }")


def test_digest_depends_on_data_tables_and_requests() -> None:
    digest = server_digest(parse_server_registry(SOUND))
    for old, new in (("24h", "23h"), ('name = "id"', 'name = "key"'), ('name = "work"', 'name = "proof"')):
        assert digest not in fault_of(SOUND.replace(old, new))[1]


def test_texts_of_the_project_are_complete() -> None:
    texts = read_server_data_texts()
    assert list(server_text_faults(read_server_registry(), texts)) == []


def test_missing_and_unused_texts_are_named() -> None:
    registry, english = read_server_registry(), read_server_data_texts()["en"]
    missing = {name: text for name, text in english.data.items() if name != "contacts"}
    changed = msgspec.structs.replace(english, data=missing | {"gone": english.data["bans"]})
    assert list(server_text_faults(registry, {"de": changed})) == [
        "de/server_data.json: data.contacts is missing",
        "de/server_data.json: data.gone is not used",
    ]
