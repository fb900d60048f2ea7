"""`crumbless check`: tests whether proxies let the chat's traffic through. Begins in check_command.py."""
