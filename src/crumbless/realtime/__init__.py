"""Delivers committed entries and changes: buses, feed, connections, cached sessions. Begins in realtime_node.py."""
