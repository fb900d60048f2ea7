"""The outbox: jobs that are queued with a commit and run later."""
