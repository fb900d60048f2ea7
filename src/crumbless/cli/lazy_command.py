"""A command of the command line whose module is imported when the command runs or shows its help.

This is Click's pattern "lazily loading subcommands". The list of all commands shows the table's texts, so
`crumbless --help` imports no command.
"""

import gc
import importlib
from typing import Any

from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from crumbless.core.gc_tuning import pause_gc


class LazyCommand(TyperCommand):
    """A row of the table in main.py.

    Args:
        name: of the command, or of a group of commands.
        module: defines it in its Typer application `app`.
        text: the first paragraph of its help.
    """

    def __init__(self, name: str, module: str, text: str) -> None:
        super().__init__(name, help=text)
        self._module = module
        self._command_name = name

    def load(self) -> TyperCommand | TyperGroup:
        """Import the module and return the command."""
        pause_gc()
        try:
            module = importlib.import_module(self._module)
        finally:
            gc.enable()
        loaded: Any = get_group(module.app).commands[self._command_name]
        return loaded

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Return the context of the loaded command, which then runs in place of this one."""
        return self.load().make_context(info_name, args, parent, **extra)
