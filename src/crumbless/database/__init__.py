"""SQLite and PostgreSQL: connections, schema, backup, copy."""
