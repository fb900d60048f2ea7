"""An operator's own data."""
