"""The outbox: jobs that are stored in the transaction of their cause and run later. task_runner.py runs them."""
