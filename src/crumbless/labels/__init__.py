"""Labels of conversations."""
