"""A client that attacks a real server while a visitor and an operator chat, and reports what that cost them."""
