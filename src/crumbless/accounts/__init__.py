"""Operators' accounts: passwords, factors, one-time tokens, sessions, account policy."""
