"""Text functions: folding for comparison, slugs, lists, validity for databases."""

import re
import unicodedata
from collections.abc import Sequence
from hashlib import sha256
from itertools import filterfalse

from anyascii import anyascii

MAX_SLUG_CHARS = 120
"""Maximum characters of a slug."""

MAX_TAG_CHARS = 60
"""Maximum characters of a tag."""

_SLUG_DIGEST_CHARS = 16

_LATIN_BY_LETTER = dict(
    zip(
        "абвгдезийклмнопрстуфыэі",
        "a b v g d e z i y k l m n o p r s t u f y e i".split(),
        strict=True,
    )
) | {
    "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch",
    "ъ": "", "ь": "", "ю": "yu", "я": "ya", "ё": "yo",
    "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i",
    "'": "", "’": "",
}  # fmt: skip
_TRANSLITERATE = str.maketrans(_LATIN_BY_LETTER)
_BEYOND_LATIN_AND_CYRILLIC = re.compile("[\u0370-\u03ff\u0530-\U0010ffff]")
"""Blocks of other scripts, with some further Latin and Cyrillic letters and symbols."""

_PLAIN_CHARACTER = re.compile("[0-9A-Za-zА-Яа-я]")
"""A character that is left of a text when it is folded, as of nearly every text."""

_PROTECT_SHORT_I = str.maketrans({"й": "\0"})
_RESTORE_SHORT_I = str.maketrans({"\0": "й"})


def fold(text: str) -> str:
    """Fold `text` for searches: no case, no diacritics, single spaces.

    "Ёлкин  É" and "елкин e" are equal when folded. й and и stay different letters.
    """
    if text.isascii():
        return " ".join(text.lower().replace("\0", "").split())
    cased = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    apart = unicodedata.normalize("NFKD", cased.replace("\0", "").translate(_PROTECT_SHORT_I))
    plain = "".join(filterfalse(unicodedata.combining, apart))
    return " ".join(plain.translate(_RESTORE_SHORT_I).split())


def is_searchable(text: str) -> bool:
    """Return true if something is left of `text` when it is folded."""
    return bool(_PLAIN_CHARACTER.search(text) or fold(text))


def slugify(text: str, max_chars: int = MAX_SLUG_CHARS) -> str:
    """Slug of `text`: "soyuz-2-1a" for both "Союз-2.1а" and "Soyuz-2.1a".

    Other scripts are transliterated; if nothing is left, letters become code points: "u12000" for
    "𒀀". Empty only if `text` has no letter or digit. "+" becomes "plus": Antares 230 and Antares
    230+ are two rockets. A slug longer than `max_chars` ends in a digest, so that it stays unique.
    """
    cased = unicodedata.normalize("NFKC", text).casefold().replace("+", " plus ")
    latin = cased.translate(_TRANSLITERATE)
    if not latin.isascii():
        latin = fold(_BEYOND_LATIN_AND_CYRILLIC.sub(_transliterate_other_script, latin))
    slug = re.sub(r"[^a-z0-9]+", "-", latin).strip("-")
    slug = slug or "-".join(f"u{ord(c):x}" for c in text if c.isalnum())
    return shorten_with_digest(slug, max_chars, "-", _SLUG_DIGEST_CHARS).replace("--", "-")


def is_sluggable(text: str) -> bool:
    """Return true if `text` has a slug, as every text with a letter or digit."""
    return any(map(str.isalnum, text)) or bool(slugify(text))


def _transliterate_other_script(match: re.Match[str]) -> str:
    """Latin for a letter, mark or digit of another script; other characters unchanged."""
    character = match[0]
    if unicodedata.category(character)[0] not in "LMN":
        return character
    if unicodedata.name(character, "").startswith(("LATIN", "CYRILLIC", "COMBINING")):
        return character
    return anyascii(character).lower()


def shorten_with_digest(
    text: str, max_chars: int, separator: str = " ", digest_chars: int = 64
) -> str:
    """`text`, or its first characters with a digest of all, so that long texts stay distinct."""
    if len(text) <= max_chars:
        return text
    digest = sha256(text.encode(errors="replace")).hexdigest()[:digest_chars]
    return f"{text[: max_chars - digest_chars - len(separator)]}{separator}{digest}"


def join_list(items: Sequence[str], conjunction: str) -> str:
    """Items separated by commas, the last one by `conjunction`: "A", "A and B", "A, B and C"."""
    return conjunction.join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def upper_first(text: str) -> str:
    """`text` with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def is_storable(text: str) -> bool:
    """Return true if every database can store `text`: no NUL (PostgreSQL), no lone surrogate."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def truncate_at_word(text: str, length: int) -> str:
    """`text` with at most `length` characters; if truncated, "…" follows the last whole word."""
    if len(text) <= length:
        return text
    head = text[:length]
    return (head.rpartition(" ")[0].rstrip(" ,;:-–—") or head[:-1]) + "…"
