"""Emails: templates, queue and transports."""
