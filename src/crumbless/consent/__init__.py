"""Storage consent: choices and signed receipts, vendor tags, and the relay of events to vendors."""
