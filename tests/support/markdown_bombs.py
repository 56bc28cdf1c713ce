"""Markdown that is expensive to render, in the length of the longest body."""

from collections.abc import Iterator

MAX_BODY_CHARS = 100_000


def _fill(text: str, head: str = "", tail: str = "") -> str:
    """`text`, repeated between `head` and `tail`, in the length of the longest body."""
    length = MAX_BODY_CHARS - len(head) - len(tail)
    return head + (text * (length // len(text) + 1))[:length] + tail


def _nest(opening: str, closing: str, text: str = "a") -> str:
    """`text` between as many `opening` and `closing` marks as fit."""
    depth = (MAX_BODY_CHARS - len(text)) // (len(opening) + len(closing))
    return opening * depth + text + closing * depth


def _staircase(step: str, end: str) -> str:
    """Lines that begin with 0, 1, 2, … times `step`."""
    lines = (step * depth + end for depth in range(MAX_BODY_CHARS))
    return "".join(_take(lines, MAX_BODY_CHARS))


def _take(lines: Iterator[str], length: int) -> Iterator[str]:
    for line in lines:
        length -= len(line)
        if length < 0:
            return
        yield line


_DEFINITION = "[a]: /b\n\n"

REFUSED = {
    "opening brackets": _fill("["),
    "pairs of brackets": _nest("[", "]"),
    "brackets with a reference": _DEFINITION + _nest("[", "]")[len(_DEFINITION) :],
    "brackets on lines": _fill("[a\n"),
    "brackets and code": _fill("[`"),
    "brackets and angles": _fill("[<"),
    "empty link texts": _fill("[]("),
    "nested link texts": _fill("[[]("),
    "links without end": _fill("[a](b"),
    "links within links": _nest("[", "](b)"),
    "reference links without end": _fill("[b][", _DEFINITION),
    "images": _fill("!["),
    "images within images": _fill("![" * 15 + "a" + "](b)" * 15),
    "run of stars in a word": _fill("*", "a", "b"),
    "runs of stars around a word": _nest("*", "*"),
    "stars and underscores": _fill("*a_ "),
    "intraword emphasis": _fill("a**b"),
    "nested emphasis": _nest("*a ", "a* "),
    "emphasis that cannot pair": _fill("_a*b"),
    "emphasis in brackets": _fill("*["),
    "entities in brackets": _fill("[&a"),
    "markup declarations": _fill("<![CDATA["),
    "closing brackets": _fill("]"),
    "HTML comments": _fill("<!--"),
    "processing instructions": _fill("<?"),
    "escapes": _fill("\\*"),
    "lines": _fill("a\n"),
    "paragraphs": _fill("a\n\n"),
    "headings": _fill("# a\n"),
    "underlined headings": _fill("a\n=\n"),
    "list items": _fill("- a\n"),
    "lists of changing kinds": _fill("- a\n+ b\n"),
    "nested list with lazy lines": _fill("a\n", "- " * 9),
    "quotation with lazy lines": _fill("a\n", ">" * 20),
    "lists in quotations": _fill("> - a\n"),
    "one wide table": _fill("|\n", "|a" * 12_500 + "\n" + "|-" * 12_500 + "\n"),
    "table of empty cells": _fill("a\n", "|a" * 500 + "\n" + "|-" * 500 + "\n"),
    "many tables": _fill("|a" * 64 + "\n" + "|-" * 64 + "\n" + "a\n" * 900 + "\n"),
    "repeated long destination": _fill("[a]", "[a]: /" + "b" * 50_000 + "\n\n"),
    "repeated long title": _fill("[a]", '[a]: /b "' + "t" * 50_000 + '"\n\n'),
}
"""Texts that take too many steps, or give too much HTML."""

RENDERED = {
    "runs of backticks": _staircase("`", "a\n\n"),
    "unclosed code": _fill("a", "`"),
    "parentheses in a destination": _fill("(", "[a]("),
    "percent signs in a destination": _fill("%", "[a](", ")"),
    "autolink without end": _fill("a.", "<"),
    "quotation marks": _fill(">"),
    "nested quotations": _staircase(">", "a\n"),
    "nested lists": _staircase("  ", "- a\n"),
    "list markers": _fill("- "),
    "pipes": _fill("|"),
    "definitions": _fill("[a]: b\n", tail="\n\nb"),
    "blank lines": _fill("\n", "- a\n", "b"),
    "spaces": _fill(" ", "a", "b"),
    "fences": _fill("~~~\na\n~~~\n"),
    "hash signs": _fill("#", "# "),
}
"""Texts that look like the others, but cost little."""

PROSE = _fill(
    "Soyuz MS-12 *docked* with the [station](https://example.org/iss) at 01:01 UTC; its crew is "
    "**Ovchinin**, Hague and Koch.\n\n"
)
"""Prose of ordinary density."""
