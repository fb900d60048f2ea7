import subprocess
import sys

import pytest

from crumbless.cli.lazy_command import LazyCommand
from crumbless.cli.main import COMMANDS

HEAVY = ("sqlalchemy", "litestar", "crumbless.app", "crumbless.database", "cryptography")

PROGRAM = """
import sys
from crumbless.cli.main import app
try:
    app(["--help"])
except SystemExit as end:
    assert end.code == 0
print(",".join(sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: str(command.name))
def test_table_has_the_text_of_the_command(command: LazyCommand) -> None:
    loaded = command.load()
    assert loaded.name == command.name
    first = (loaded.help or "").partition("\n\n")[0]
    assert " ".join(first.split()) == command.help


def test_help_lists_all_commands_and_imports_none() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    listed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("│ ") and line[2] != " "]
    assert [name for name in listed if name != "--help"] == [command.name for command in COMMANDS]
    loaded = done.stderr.split(",")
    assert "crumbless.cli.main" in loaded
    assert [name for name in loaded if name.startswith(HEAVY)] == []
    assert [name for name in loaded if name.startswith("crumbless.cli.")] == [
        "crumbless.cli.lazy_command",
        "crumbless.cli.main",
    ]
