"""Text functions: folding for comparison, slugs, lists, validity for databases."""

import re
import unicodedata
from collections.abc import Sequence

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
_PROTECT_SHORT_I = str.maketrans({"й": "\0"})
_RESTORE_SHORT_I = str.maketrans({"\0": "й"})


def fold(text: str) -> str:
    """Fold `text` for searches: no case, no diacritics, single spaces.

    "Ёлкин  É" and "елкин e" are equal when folded. й and и stay different letters.
    """
    cased = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    apart = unicodedata.normalize("NFKD", cased.replace("\0", "").translate(_PROTECT_SHORT_I))
    plain = "".join(c for c in apart if not unicodedata.combining(c))
    return " ".join(plain.translate(_RESTORE_SHORT_I).split())


def slugify(text: str) -> str:
    """Slug of `text`: "soyuz-2-1a" for both "Союз-2.1а" and "Soyuz-2.1a".

    "+" becomes "plus": Antares 230 and Antares 230+ are two rockets.
    """
    cased = unicodedata.normalize("NFKC", text).casefold().replace("+", " plus ")
    return re.sub(r"[^a-z0-9]+", "-", fold(cased.translate(_TRANSLITERATE))).strip("-")


def join_list(items: Sequence[str], conjunction: str) -> str:
    """Items separated by commas, the last one by `conjunction`: "A", "A and B", "A, B and C"."""
    return conjunction.join(filter(None, [", ".join(items[:-1]), *items[-1:]]))


def upper_first(text: str) -> str:
    """`text` with its first letter in upper case."""
    return text[:1].upper() + text[1:]


def is_storable(text: str) -> bool:
    """Return true if every database can store `text`: no NUL (PostgreSQL), no lone surrogate."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def truncate_at_word(text: str, length: int) -> str:
    """`text` with at most `length` characters; if truncated, "…" follows the last whole word."""
    if len(text) <= length:
        return text
    head = text[:length]
    return (head.rpartition(" ")[0].rstrip(" ,;:-–—") or head[:-1]) + "…"
