"""Secret tokens of sessions and preview links: random text, of which only a digest is stored."""

import string
from hashlib import sha256
from secrets import choice

_ALPHABET = string.ascii_letters + string.digits
_CHARS = 40
"""238 bits, and long enough for `app.http.redaction` to keep the token out of logs."""


def generate_token() -> str:
    """Generate a token."""
    return "".join(choice(_ALPHABET) for _ in range(_CHARS))


def is_well_formed_token(token: str) -> bool:
    """Return true if `token` has the form of a token."""
    return len(token) == _CHARS and token.isascii() and token.isalnum()


def hash_token(token: str) -> str:
    """SHA-256 of a token, in hexadecimal."""
    return sha256(token.encode()).hexdigest()
