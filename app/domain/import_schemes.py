"""Schemes of import origins: the namespaces of the ids that external feeds give to their entries.

A scheme names the source by what the import knows, never by what the other side calls itself.
"""

from urllib.parse import urlsplit

from app.domain.text import shorten_with_digest

MAX_SCHEME_CHARS = 300
MAX_KEY_CHARS = 500

_SNAPI_DOMAIN = "spaceflightnewsapi.net"


def feed_scheme(address: str) -> str:
    """Scheme of the entries of the feed at `address`, the URL that is requested."""
    return shorten_with_digest(f"feed {address}", MAX_SCHEME_CHARS)


def feed_file_scheme(claim: str) -> str:
    """Scheme of the entries of a local file, which calls itself `claim`.

    Never equal to a `feed_scheme`: a file cannot claim to be a feed that is requested.
    """
    return shorten_with_digest(f"file {claim}", MAX_SCHEME_CHARS)


def snapi_scheme(address: str | None) -> str:
    """Scheme of articles in the format of the Spaceflight News API; None for a local file.

    The API gives its articles one id at all its addresses; another host has its own ids.
    """
    host = urlsplit(address or f"https://{_SNAPI_DOMAIN}").netloc.lower()
    is_original = host == _SNAPI_DOMAIN or host.endswith(f".{_SNAPI_DOMAIN}")
    return "snapi" if is_original else shorten_with_digest(f"snapi {host}", MAX_SCHEME_CHARS)
