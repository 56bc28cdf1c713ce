"""The bytes of a feed as text, and the text of its entries as prose."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from io import StringIO

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup
from markdownify import MarkdownConverter

from app.ingest.entries import InvalidInput

MAX_FEED_BYTES = 20 * 2**20
"""Bytes that a feed may have: it is held whole."""

MAX_HTML_TAGS = 5000
"""Tags that the HTML of one entry may have."""

_XML_ENCODING = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SURROGATES = re.compile("[\ud800-\udfff]")
_CYRILLIC_ENCODINGS = ("cp1251", "koi8-r")


def decode_feed(data: bytes) -> str:
    """The text that the bytes of a feed are, whatever it says of itself.

    Raises `InvalidInput` where that cannot be told without guessing.
    """
    declared, data = _detect_encoding(data)
    try:
        return _decode_strict(data, declared)
    except (LookupError, UnicodeError):
        pass
    fitting = [encoding for encoding in _CYRILLIC_ENCODINGS if _is_russian(data, encoding)]
    if len(fitting) != 1:
        raise InvalidInput(f"Its bytes are not {declared}, as it says, and nothing else for sure.")
    return data.decode(fitting[0])


def _detect_encoding(data: bytes) -> tuple[str, bytes]:
    """The encoding that the bytes of a feed begin by telling, and those behind its mark."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return encoding, data[len(mark) :]
    if data[:4:2] == b"\0\0" or data[1:4:2] == b"\0\0":
        return "utf-16-be" if data[0] == 0 else "utf-16-le", data
    found = _XML_ENCODING.search(data[:400])
    return found[1].decode("ascii").lower() if found else "utf-8", data


def _decode_strict(data: bytes, encoding: str) -> str:
    """`data` decoded without a fault; of a file that was cut off, all but half a character."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if error.start < len(data) - 4:
            raise
        text = data[: error.start].decode(encoding)
    if _SURROGATES.search(text):  # some encodings spell what is no character
        raise UnicodeError
    return text


def _is_russian(data: bytes, encoding: str) -> bool:
    """Whether `data` reads as Russian: each of the two encodings swaps the other one's case.

    UTF-8 with some faults reads so, too, but hardly a byte of these encodings reads as UTF-8.
    """
    try:
        letters = [c for c in data.decode(encoding) if not c.isascii() and c.isalpha()]
    except UnicodeDecodeError:
        return False
    small = sum("а" <= c <= "я" or c == "ё" for c in letters)
    in_utf_8 = sum(not c.isascii() for c in data.decode("utf-8", "ignore"))
    return small > 0.7 * len(letters) and in_utf_8 < 0.1 * len(letters)


@dataclass(frozen=True)
class XmlEntry:
    """One entry as it stands in a feed."""

    line: int
    text: str
    is_complete: bool
    """Whether its end stands there too."""


_ENTRY_TAGS = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|<(?P<open>(?:[\w-]+:)?(?:item|entry))(?=[\s>/])[^<>]*>"
    r"|</(?P<close>(?:[\w-]+:)?(?:item|entry))\s*>",
    re.DOTALL,
)


def split_entries(text: str) -> Iterator[XmlEntry]:
    """The entries of a feed."""
    line, counted = 1, 0
    for start, end, whole in _find_entry_spans(text):
        line, counted = line + text.count("\n", counted, start), start
        yield XmlEntry(line, text[start:end], whole)


def split_envelope(text: str) -> tuple[str, str]:
    """What stands before the entries of a feed, and after them (and between)."""
    before, after, last = None, StringIO(), 0
    for start, end, _ in _find_entry_spans(text):
        if before is None:
            before = text[:start]
        elif between := text[last:start].strip():
            after.write(between)
        last = end
    if before is None:
        return text, ""
    after.write(text[last:])
    return before, after.getvalue()


def _find_entry_spans(text: str) -> Iterator[tuple[int, int, bool]]:
    """Where each entry begins and ends, and whether its end stands there."""
    start = -1
    for mark in _ENTRY_TAGS.finditer(text):
        if mark["open"] and start < 0:
            start = mark.start()
        if (mark["close"] or (mark["open"] and mark[0].endswith("/>"))) and start >= 0:
            yield start, mark.end(), True
            start = -1
    if start >= 0:
        yield start, len(text), False


class _SafeMarkdownConverter(MarkdownConverter):
    """HTML as Markdown: images are left out, and links lead to the web or nowhere."""

    def convert_img(self, _el: object, _text: str, *_args: object, **_kwargs: object) -> str:
        return ""

    def convert_a(self, el: object, text: str, *args: object, **kwargs: object) -> str:
        href = getattr(el, "attrs", {}).get("href") or ""
        if not re.match(r"https?://", href):
            return text
        linked: str = super().convert_a(el, text, *args, **kwargs)  # type: ignore[misc]  # untyped
        return linked


def _parse_html(html: str) -> BeautifulSoup:
    if html.count("<") > MAX_HTML_TAGS:  # the parser's time grows with the square of broken ones
        raise ValueError(f"Its HTML has more than {MAX_HTML_TAGS} tags.")
    try:
        soup = BeautifulSoup(re.sub(r"\s{100,}", " ", html), "html.parser")  # as with tags
    except ParserRejectedMarkup as error:
        raise ValueError("Its HTML is none that can be read.") from error
    for unseen in soup(["script", "style", "iframe", "object", "noscript", "template"]):
        unseen.decompose()
    return soup


def html_to_markdown(html: str) -> str:
    """HTML as Markdown."""
    if "<" not in html:
        return unescape(html).strip()
    converter = _SafeMarkdownConverter(
        heading_style="ATX", bullets="-", strip=["form", "input", "button"]
    )
    text: str = converter.convert_soup(_parse_html(html))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def html_to_text(html: str) -> str:
    """HTML as one line of text."""
    text = _parse_html(html).get_text(" ") if "<" in html else unescape(html)
    return " ".join(text.split())


def escape_markdown(text: str) -> str:
    """A line of text as Markdown that shows it as it is."""
    inline = re.sub(r"([\\`*_\[\]<>&#~|])", r"\\\1", text)
    return re.sub(r"^([-+=]|\d+(?=[.)]))", _escape_list_marker, inline)


def _escape_list_marker(start: re.Match[str]) -> str:
    return f"{start[1]}\\" if start[1].isdigit() else f"\\{start[1]}"


def truncate_at_sentence(text: str, length: int) -> str:
    """`text` cut to `length` characters where a sentence ends, or a word."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    sentences = list(re.finditer(r"[.!?…](?=\s)", head))
    if sentences and sentences[-1].end() > length // 3:
        return head[: sentences[-1].end()]
    return head.rpartition(" ")[0] + "…"
