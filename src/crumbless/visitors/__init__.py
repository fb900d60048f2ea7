"""Visitors: identity, bans, privacy, transfer to another device."""
