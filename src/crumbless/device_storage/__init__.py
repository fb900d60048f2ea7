"""The registry of everything that is stored on a device (storage.toml), and its loader."""
