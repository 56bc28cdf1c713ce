"""HTML of feed entries as Markdown and plain text."""

import re
from html import unescape

from bs4 import BeautifulSoup
from bs4.exceptions import ParserRejectedMarkup
from markdownify import MarkdownConverter

from app.domain.text import truncate_at_word

MAX_HTML_TAGS = 5000
"""Maximum tags in the HTML of one entry."""


class _SafeMarkdownConverter(MarkdownConverter):
    """Converter without images, and with http(s) links only."""

    def convert_img(self, _el: object, _text: str, *_args: object, **_kwargs: object) -> str:
        return ""

    def convert_a(self, el: object, text: str, *args: object, **kwargs: object) -> str:
        href = getattr(el, "attrs", {}).get("href") or ""
        if not re.match(r"https?://", href):
            return text
        link: str = super().convert_a(el, text, *args, **kwargs)  # type: ignore[misc]  # untyped
        return link


def _parse_html(html: str) -> BeautifulSoup:
    """Parse HTML and remove invisible elements. Raises ValueError."""
    if html.count("<") > MAX_HTML_TAGS:  # parsing time is quadratic in the number of broken tags
        raise ValueError(f"The HTML has more than {MAX_HTML_TAGS} tags.")
    try:
        soup = BeautifulSoup(re.sub(r"\s{100,}", " ", html), "html.parser")  # quadratic, too
    except ParserRejectedMarkup as error:
        raise ValueError("The HTML is malformed.") from error
    for element in soup(["script", "style", "iframe", "object", "noscript", "template"]):
        element.decompose()
    return soup


def html_to_markdown(html: str) -> str:
    """Convert HTML to Markdown. Raises ValueError if the HTML cannot be parsed."""
    if "<" not in html:
        return unescape(html).strip()
    converter = _SafeMarkdownConverter(
        heading_style="ATX", bullets="-", strip=["form", "input", "button"]
    )
    text: str = converter.convert_soup(_parse_html(html))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def html_to_text(html: str) -> str:
    """Convert HTML to one line of plain text. Raises ValueError if the HTML cannot be parsed."""
    text = _parse_html(html).get_text(" ") if "<" in html else unescape(html)
    return " ".join(text.split())


def escape_markdown(text: str) -> str:
    """Escape one line of plain text so that Markdown renders it verbatim."""
    inline = re.sub(r"([\\`*_\[\]<>&#~|])", r"\\\1", text)
    return re.sub(r"^([-+=]|\d+(?=[.)]))", _escape_list_marker, inline)


def _escape_list_marker(start: re.Match[str]) -> str:
    return f"{start[1]}\\" if start[1].isdigit() else f"\\{start[1]}"


def truncate_at_sentence(text: str, length: int) -> str:
    """Truncate `text` to `length` characters at the end of a sentence, or else of a word."""
    if len(text) <= length:
        return text
    head = text[: length - 1]
    sentences = list(re.finditer(r"[.!?…](?=\s)", head))
    if sentences and sentences[-1].end() > length // 3:
        return head[: sentences[-1].end()]
    return truncate_at_word(text, length)
