"""Appends entries durably, and reads the timeline."""
