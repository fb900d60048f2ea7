"""Ports that are chosen before a server listens on them."""

import itertools
import os
import socket

FIRST, NUMBER = 20_000, 12_000
"""Below those that Linux gives to clients (from 32768 on): no client takes the port while its server is not there."""

# Processes that test beside one another begin apart.
_tries = itertools.count(os.getpid() * 997)


def free_port() -> int:
    """Return a free port. This process never gets the same one twice."""
    while True:
        port = FIRST + next(_tries) % NUMBER
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
