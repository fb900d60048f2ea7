"""The line that a site's pages need."""


def embed_snippet(address: str, site_key: str) -> str:
    """The script of a site's widget, to be put into every page.

    Args:
        address: the server's public address.
    """
    return f'<script async src="{address}/w/{site_key}.js"></script>'
