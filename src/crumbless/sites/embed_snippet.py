"""The embed code of a site."""


def embed_snippet(address: str, site_key: str) -> str:
    """Return the script element of a site's widget for its pages.

    Args:
        address: the server's public address.
    """
    return f'<script async src="{address}/w/{site_key}.js"></script>'
