"""Operators' photos and their storage: uploads, type detection, image processing."""
