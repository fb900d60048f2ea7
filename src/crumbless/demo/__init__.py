"""The demo: a sample shop on a separate origin, and everything it needs, in one folder."""
