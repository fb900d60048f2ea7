"""Conversations: start, send, close, seen, typing, inbox."""
