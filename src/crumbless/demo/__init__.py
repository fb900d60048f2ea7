"""The demo: a sample shop on a separate origin, and everything it needs. run.py starts it."""
