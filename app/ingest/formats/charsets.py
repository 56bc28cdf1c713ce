"""Character encoding detection of feeds."""

import codecs
import re

from app.ingest.entries import InvalidInput

_XML_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_CYRILLIC_ENCODINGS = ("cp1251", "koi8-r")


def decode_feed(data: bytes) -> str:
    """Decode a feed by its declared encoding, or by detection if the declaration is wrong.

    Raises `InvalidInput` if the encoding cannot be detected.
    """
    declared, data = _declared_encoding(data)
    try:
        return _decode_strict(data, declared)
    except (LookupError, UnicodeError):
        pass
    candidates = [encoding for encoding in _CYRILLIC_ENCODINGS if _is_russian(data, encoding)]
    if len(candidates) != 1:
        raise InvalidInput(
            f"Cannot detect the encoding: declared {declared}, but the bytes are not valid."
        )
    return data.decode(candidates[0])


def _declared_encoding(data: bytes) -> tuple[str, bytes]:
    """Encoding by byte order mark, NUL pattern or XML declaration, and `data` without the mark."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, data[len(mark) :]
    if data[:4:2] == b"\0\0" or data[1:4:2] == b"\0\0":
        return "utf-16-be" if data[0] == 0 else "utf-16-le", data
    match = _XML_ENCODING.search(data[:400])
    return match[1].decode("ascii").lower() if match else "utf-8", data


def _decode_strict(data: bytes, encoding: str) -> str:
    """Decode `data`; an incomplete character at the end (a truncated file) is dropped.

    Raises LookupError or UnicodeError.
    """
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(data) - 4:
            raise
        text = data[: error.start].decode(encoding)
    if _SURROGATES.search(text):  # some codecs decode lone surrogates
        raise UnicodeError
    return text


def _is_russian(data: bytes, encoding: str) -> bool:
    """Report whether `data` decodes to Russian text in `encoding`.

    Lower-case letters must dominate, as cp1251 and koi8-r have the cases swapped. Damaged UTF-8
    passes that test too, but is mostly valid UTF-8, which these encodings never are.
    """
    try:
        letters = [c for c in data.decode(encoding) if not c.isascii() and c.isalpha()]
    except UnicodeDecodeError:
        return False
    lower_case = sum("а" <= c <= "я" or c == "ё" for c in letters)
    valid_utf_8 = sum(not c.isascii() for c in data.decode("utf-8", "ignore"))
    return lower_case > 0.7 * len(letters) and valid_utf_8 < 0.1 * len(letters)
