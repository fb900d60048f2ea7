"""Emails: composition, queue and transports. Actions queue emails through mail_queue.py."""
