"""Visitors and contacts: identity verification, bans, export and erasure, device transfer."""
