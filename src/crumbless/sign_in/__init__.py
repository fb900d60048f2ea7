"""How operators sign in: password, passkey, OpenID provider, invitation."""
