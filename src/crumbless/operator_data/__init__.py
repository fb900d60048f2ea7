"""An operator's own data: its export, and how an operator who leaves is made anonymous."""
