"""The keyed hash of a client's network."""

from base64 import urlsafe_b64encode
from hmac import digest as hmac_digest


def network_hash(key: bytes, network: str) -> str:
    """Return the keyed hash under which a network is stored. Without the key, it does not reveal the address."""
    return urlsafe_b64encode(hmac_digest(key, network.encode(), "sha256")).rstrip(b"=").decode()
