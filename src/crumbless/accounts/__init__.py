"""Operators' accounts: stored passwords and factors, one-time tokens, lists of sessions. Signing in is in sign_in."""
