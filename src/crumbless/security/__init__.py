"""Roles and permissions (access.py), visibility, proofs of possession, encryption, proof of work."""
