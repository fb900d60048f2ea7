"""The ledger appends entries durably and reads timelines. All writes of a server go through ledger.py."""
