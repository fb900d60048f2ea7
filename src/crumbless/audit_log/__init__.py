"""The append-only log of what operators did."""
