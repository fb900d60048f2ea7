"""Conversations: start, send, note, close, seen, typing, and the inbox. conversation_commands.py has the commands."""
