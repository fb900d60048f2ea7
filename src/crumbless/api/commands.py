"""The table of commands, with one line for each subject that has commands."""

from crumbless.actions import conversation_commands
from crumbless.domain.command import Command

COMMANDS: tuple[Command, ...] = (*conversation_commands.COMMANDS,)
