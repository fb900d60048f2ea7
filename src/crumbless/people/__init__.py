"""Operators, teams, invitations and what each can see."""
