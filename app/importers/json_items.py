"""The items of JSON from outside, one after another, each with its own text and its line.

An answer with its items under a name, a bare list, an object a line, or a single object: read in
parts, so that a file of any length takes the memory of its longest item.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from app.importers.entries import Frame, Input, Unreadable

PART = 2**16
"""Characters read at once."""

LONGEST = 2**21
"""Characters that one item may have."""

_SPACE = re.compile(r"[\s,]*")


@dataclass(frozen=True)
class JsonItem:
    """One item; what is no JSON has a problem in place of a value."""

    line: int
    raw: str
    value: Any = None
    problem: str | None = None


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number.")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


class _Text:
    """The text of a file, read as it is needed, and forgotten when it is done with."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = codecs.getreader("utf-8-sig")(file, "surrogateescape")
        self.text = ""
        self.line = 1
        self.ended = False

    def more(self) -> bool:
        """Read on; whether there was more."""
        part = self._file.read(PART)
        self.text += part
        self.ended = not part
        return bool(part)

    def skip(self, length: int) -> str:
        """Be done with `length` characters."""
        done, self.text = self.text[:length], self.text[length:]
        self.line += done.count("\n")
        return done

    def start(self) -> str:
        """The next character that is neither white space nor a comma, nothing at the end."""
        while True:
            found = _SPACE.match(self.text)
            self.skip(found.end() if found else 0)
            if self.text or not self.more():
                return self.text[:1]


def items(open_: Callable[[], BinaryIO], name: str = "results") -> Iterator[JsonItem]:
    """The items of a file: those of a list, of the list `name` of an object, or of lines.

    Raises `Unreadable` where it is nothing of that kind.
    """
    with open_() as file:
        text = _Text(file)
        start = text.start()
        if start not in {"[", "{"}:
            raise Unreadable("It is no JSON: neither a list nor an object begins it.")
        if start == "{" and not _find_list(text, name):
            yield from _lines(text)
            return
        text.skip(1)
        while (start := text.start()) != "]":
            if not start:
                yield JsonItem(text.line, "", problem="The list does not end.")
                return
            yield (item := _item(text))
            if item.problem:  # where the next one begins, nobody can tell
                return


def _find_list(text: _Text, name: str) -> bool:
    """Go to the list `name` of an object, if it has one: then what comes next is its bracket."""
    opening = re.compile(rf'"{name}"\s*:\s*(?=\[)')
    while (found := opening.search(text.text)) is None:
        if len(text.text) > LONGEST or not text.more():
            return False
    text.skip(found.end())
    return True


def _item(text: _Text) -> JsonItem:
    line = text.line
    while True:
        try:
            value, end = _DECODER.raw_decode(text.text)
            if end < len(text.text) or not text.more():  # a number may go on
                return JsonItem(line, text.skip(end), value)
        except (ValueError, RecursionError) as error:
            if len(text.text) > LONGEST or isinstance(error, RecursionError) or not text.more():
                while text.more():
                    text.skip(max(0, len(text.text) - LONGEST))
                return JsonItem(line, text.skip(len(text.text)), problem=f"It is no JSON: {error}")


def _lines(text: _Text) -> Iterator[JsonItem]:
    """An object a line; or one object that takes up all of the lines."""
    while text.text.count("\n") < 2 and len(text.text) <= LONGEST and text.more():
        pass
    if _json(text.text.partition("\n")[0]).problem and _json(text.text.split("\n")[1:2]).problem:
        yield _item(text)
        return
    while text.text or text.more():
        while "\n" not in text.text and len(text.text) <= LONGEST and text.more():
            pass
        line = text.line
        raw = text.skip(text.text.find("\n") + 1 or len(text.text)).strip()
        if raw:
            yield replace(_json(raw), line=line)


def _json(raw: str | list[str]) -> JsonItem:
    """A line that is a JSON value by itself, or has the problem that it is none."""
    line = "".join(raw)
    try:
        return JsonItem(1, line, _DECODER.decode(line))
    except (ValueError, RecursionError) as error:
        return JsonItem(1, line, problem=f"It is no JSON: {error}")


def frame(given: Input) -> Frame:
    """What makes a list of items, or lines, as `given` is."""
    with given.open() as file:
        text = _Text(file)
        listed = text.start() == "[" or _find_list(text, "results")
    return Frame("[\n", ",\n", "\n]\n") if listed else Frame("", "\n", "\n")
