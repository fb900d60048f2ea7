"""The stream: its protocol and its three transports. stream.py serves one stream; commands.py has the commands."""
