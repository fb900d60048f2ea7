"""The pages of the widget, the desk and the storage policy."""
