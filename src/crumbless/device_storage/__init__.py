"""The registry of everything that is stored on a device."""
