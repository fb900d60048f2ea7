"""How operators sign in and manage their factors: password, passkey, OpenID provider, invitation, reset."""
