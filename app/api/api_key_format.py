"""Format of API keys: `zarya_<id>_<secret>`.

The id is public; of the key only its SHA-256 is stored. The last characters are a checksum: a
mistyped key is refused without a database query.
"""

import string
from collections.abc import Collection
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from secrets import choice
from zlib import crc32

from app.db.models import ApiKey
from app.domain.enums import Scope
from app.domain.roles import Role

_ID_ALPHABET = string.ascii_lowercase + string.digits
_SECRET_ALPHABET = string.ascii_letters + string.digits
_ID_CHARS, _SECRET_CHARS, _CHECKSUM_CHARS = 8, 32, 6
_KEY_CHARS = len("zarya__") + _ID_CHARS + _SECRET_CHARS + _CHECKSUM_CHARS


def _checksum(text: str) -> str:
    number, checksum = crc32(text.encode()), ""
    for _ in range(_CHECKSUM_CHARS):
        number, digit = divmod(number, len(_SECRET_ALPHABET))
        checksum += _SECRET_ALPHABET[digit]
    return checksum


def hash_key(key: str) -> str:
    """SHA-256 of a key, in hexadecimal."""
    return sha256(key.encode()).hexdigest()


def generate_api_key(
    name: str,
    scopes: Collection[Scope],
    expires_at: datetime | None = None,
    role: Role | None = None,
) -> tuple[ApiKey, str]:
    """Generate a key with scopes or a role: the row to be stored, and the text, which is not."""
    id_ = "".join(choice(_ID_ALPHABET) for _ in range(_ID_CHARS))
    text = f"zarya_{id_}_" + "".join(choice(_SECRET_ALPHABET) for _ in range(_SECRET_CHARS))
    text += _checksum(text)
    stored = ApiKey(
        id=id_,
        name=name,
        secret_sha256=hash_key(text),
        scopes=sorted(scopes),
        role=role,
        expires_at=expires_at,
    )
    return stored, text


def is_well_formed_key(key: str) -> bool:
    """Return true if `key` has the form and the checksum of an API key."""
    well_formed = len(key) == _KEY_CHARS and key.isascii() and key.startswith("zarya_")
    return well_formed and compare_digest(_checksum(key[:-_CHECKSUM_CHARS]), key[-_CHECKSUM_CHARS:])


def get_key_id(key: str) -> str:
    """The id, the public part of a well-formed key."""
    return key[len("zarya_") :][:_ID_CHARS]
