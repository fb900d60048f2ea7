"""The append-only log of changes that operators make. Actions write it through audit_write.py."""
