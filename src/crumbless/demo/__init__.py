"""The demo: a sample shop on an origin of its own, and everything it needs, in one folder."""
