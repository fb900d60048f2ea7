"""Sites, embed code and the first run."""
