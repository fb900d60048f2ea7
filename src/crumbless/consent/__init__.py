"""Consent, receipts, vendor tags and relays."""
