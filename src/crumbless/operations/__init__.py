"""Running an installation: health, metrics, tracing, retention, backups."""
