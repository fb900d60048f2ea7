"""Running an installation: health, metrics, tracing, clocks, retention, failed jobs, nightly backups."""
