"""Markdown in, safe HTML out."""

from functools import cache
from importlib import import_module
from typing import Any

_ALLOWED_TAGS = set(
    "p br hr h2 h3 h4 ul ol li strong em code pre blockquote a table thead tbody tr th td".split()
)
_ALLOWED_URL_SCHEMES = {"http", "https", "mailto"}
MAX_HTML_CHARS = 400_000
"""Limit for the HTML of an article."""


def render_markdown(body: str) -> str:
    """The sanitised HTML of a Markdown text.

    Raw HTML in it is shown as text. Images are dropped: a remote one would report each reader.
    """
    markdown, nh3 = _load_renderer_and_sanitizer()
    html: str = nh3.clean(
        markdown.render(body),
        tags=_ALLOWED_TAGS,
        attributes={"a": {"href", "title"}},
        url_schemes=_ALLOWED_URL_SCHEMES,
        link_rel="noopener noreferrer nofollow",
    )
    return html


@cache
def _load_renderer_and_sanitizer() -> tuple[Any, Any]:
    """What reads Markdown, and what sanitises HTML: 3 MB that who only reads does without."""
    markdown = import_module("markdown_it").MarkdownIt("commonmark", {"html": False})
    return markdown.enable("table"), import_module("nh3")
