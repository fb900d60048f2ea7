"""The table of commands: one line for each subject that has any."""

from crumbless.actions import conversation_commands
from crumbless.domain.command import Command

COMMANDS: tuple[Command, ...] = (*conversation_commands.COMMANDS,)
