"""The operators of a workspace: profiles, roles, teams, invitations, and what each may see."""
