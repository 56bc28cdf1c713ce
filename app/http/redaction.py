"""Redaction: secrets are removed from all that is written to logs and traces.

Secrets are recognised by their form, not by their value: clients put keys into paths, with a typing
error, in another case, or encoded.
"""

import re

_KEY_PATTERN = re.compile(r"(zarya_[a-z0-9]{8}_)\w+|(whsec_)[\w+/=]+", re.IGNORECASE)
"""An API key, whose id is not secret, or the secret of a webhook."""

_PASSWORD_PATTERN = re.compile(
    r"(?<=://)([^/\s:@]*:)\S*(?=@)|(\bpassword\s*=\s*)(?:'[^']*'|\S+)", re.IGNORECASE
)
"""A password in a URL, or in a connection string of libpq."""

_MIN_SECRET_CHARS = 32

_SECRET_PATTERN = re.compile(
    r"(?:[^\W_]"  # plain; also in hexadecimal, base32 or base64
    r"|%(?:25)*(?:00|[2-7][0-9a-f])"  # percent-encoded, also repeatedly
    r"|\\+(?:u00|x)(?:00|[2-7][0-9a-f])"  # escaped, as in JSON
    r"|&#(?:x[0-9a-f]+|\d+);"  # character references of HTML
    r"|=[2-7][0-9a-f]"  # quoted-printable
    rf"|\0){{{_MIN_SECRET_CHARS},}}",  # UTF-16 has a NUL at each letter
    re.IGNORECASE,
)
"""A run of letters and digits that is too long for a word: the secret part of a key has 38."""


def redact(text: str) -> str:
    """`text` with an ellipsis instead of each password, API key (except its id) and long run."""
    text = _PASSWORD_PATTERN.sub(r"\1\2…", text)
    return _SECRET_PATTERN.sub("…", _KEY_PATTERN.sub(r"\1\2…", text))
