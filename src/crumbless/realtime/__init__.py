"""Delivers what was committed: buses, feed, connections, sessions."""
