"""SQLite and PostgreSQL: connections, schema and migrations, backup, copy. Begins in database.py."""
