"""File storage and image processing."""
