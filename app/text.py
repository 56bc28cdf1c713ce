"""Text as it is compared, addressed and bounded, the same on every database."""

import re
import unicodedata

_CYRILLIC = dict(
    zip(
        "абвгдезийклмнопрстуфыэіѓќ",
        "a b v g d e z i y k l m n o p r s t u f y e i g k".split(),
        strict=True,
    )
) | {
    "ж": "zh", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch",
    "ъ": "", "ь": "", "ю": "yu", "я": "ya", "ё": "yo",
}  # fmt: skip
_TRANSLITERATE = str.maketrans(_CYRILLIC)


def fold(text: str) -> str:
    """`text` without case, diacritics and runs of white space: what searches compare.

    "Ёлкин  É" and "елкин e" fold alike. й stays apart from и: it is a letter of its own.
    """
    kept = text.casefold().replace("й", "\0")
    plain = "".join(c for c in unicodedata.normalize("NFKD", kept) if not unicodedata.combining(c))
    return " ".join(plain.replace("\0", "й").split())


def slugify(text: str) -> str:
    """`text` as it stands in an address: "Союз-2.1а" and "Soyuz-2.1a" both give "soyuz-2-1a"."""
    latin = unicodedata.normalize("NFC", text).casefold().translate(_TRANSLITERATE)
    return re.sub(r"[^a-z0-9]+", "-", fold(latin).replace("'", "")).strip("-")


def is_storable(text: str) -> bool:
    """Whether every database can hold `text`: no NUL (PostgreSQL), no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)
