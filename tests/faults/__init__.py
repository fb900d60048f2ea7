"""`bin/faults`: people talk while things break; then all heals, and nothing may be lost, doubled or out of order."""
