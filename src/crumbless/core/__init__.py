"""The parts that every package uses: errors, IDs, settings, limits, texts."""
