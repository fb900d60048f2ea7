"""`bin/faults`: clients chat during injected faults. Then no message may be lost, duplicated or out of order."""
