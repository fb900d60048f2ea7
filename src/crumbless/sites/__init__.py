"""Sites, their embed code, and the set-up of a workspace."""
