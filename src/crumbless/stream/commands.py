"""The table of commands, with one line for each subject that has commands."""

from crumbless.conversations import conversation_commands
from crumbless.realtime.command import Command

COMMANDS: tuple[Command, ...] = (*conversation_commands.COMMANDS,)
