"""Split an XML feed into entries without parsing it, to isolate malformed entries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

_ENTRY_TAGS = re.compile(
    r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    r"|<(?P<open>(?:[\w-]+:)?(?:item|entry))(?=[\s>/])[^<>]*>"
    r"|</(?P<close>(?:[\w-]+:)?(?:item|entry))\s*>",
    re.DOTALL,
)


@dataclass(frozen=True)
class XmlEntry:
    """Source text of one `item` or `entry` element."""

    line: int
    text: str
    is_complete: bool
    """False if the file ends before the end tag."""


def split_entries(text: str) -> Iterator[XmlEntry]:
    """Yield the entries of a feed in order."""
    line, counted = 1, 0
    for start, end, is_complete in _find_entry_spans(text):
        line, counted = line + text.count("\n", counted, start), start
        yield XmlEntry(line, text[start:end], is_complete)


def split_envelope(text: str) -> tuple[str, str]:
    """Return the text before the first entry, and the text after and between the entries."""
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
    """Yield start, end and completeness of each entry. Comments and CDATA are skipped."""
    start = -1
    for tag in _ENTRY_TAGS.finditer(text):
        if tag["open"] and start < 0:
            start = tag.start()
        if (tag["close"] or (tag["open"] and tag[0].endswith("/>"))) and start >= 0:
            yield start, tag.end(), True
            start = -1
    if start >= 0:
        yield start, len(text), False
