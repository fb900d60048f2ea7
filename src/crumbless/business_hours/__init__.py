"""Business hours: when a team or a site is open. Pure functions, without storage."""
