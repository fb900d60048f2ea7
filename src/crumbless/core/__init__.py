"""The parts that every package uses: errors, IDs, time, settings, rate limits, texts, logging, metrics."""
