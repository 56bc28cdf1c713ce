"""The items of JSON from outside, one after another, each with its own text and its line.

Answers with their items under a name, bare lists, an object a line, or objects by themselves: read
in parts, so that a file of any length takes the memory of its longest item. Where an item ends is
told by its brackets alone, so one that is no JSON takes no other along.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isinf
from typing import Any, BinaryIO, NamedTuple

from app.domain.text import is_storable
from app.ingest.entries import Envelope, Input, InvalidInput

READ_CHUNK_BYTES = 2**16
"""Bytes read at once."""

MAX_JSON_ITEM_CHARS = 2**21
"""Characters that one item may have."""

_TOKEN_PATTERN = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|["\[\]{},]')
_CLOSING_BRACKETS = {"[": "]", "{": "}"}
_WHITESPACE = re.compile(r"\s*")
_WHITESPACE_AND_COMMAS = re.compile(r"[\s,]*")
_INCOMPLETE_LINE_ENDINGS = (",", ":", "[", "{")
"""What a line cannot end with that is a value by itself."""


@dataclass(frozen=True)
class JsonItem:
    """One item; what is no JSON has a problem in place of a value."""

    line: int
    raw: str
    value: Any = None
    problem: str | None = None


class InvalidEntry(Exception):
    """A value is not what its place asks for."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def object_at(value: Any, *path: str) -> Mapping[str, Any]:
    """The object at `path` in `parse_value`; an empty one where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text_at(value: Any, *path: str) -> str:
    """The text at `path` in `parse_value`, without white space around it; an empty one for none."""
    found = object_at(value, *path[:-1]).get(path[-1])
    return found.strip() if isinstance(found, str) else ""


def list_at(value: Mapping[str, Any], name: str) -> list[Any]:
    """The list `name` of an object; an empty one for none.

    Raises `InvalidEntry` where it is another.
    """
    found = value.get(name)
    if not isinstance(found, list | None):
        raise InvalidEntry(name, "It is no list.")
    return found or []


def require_id(value: Mapping[str, Any]) -> str:
    """What a source calls an object by. Raises `InvalidEntry` where that is nothing."""
    key = value.get("id")
    if isinstance(key, bool) or not isinstance(key, str | int) or not 0 < len(str(key)) <= 500:
        raise InvalidEntry("id", "It has no id that is a number or a short text.")
    if not is_storable(str(key)):
        raise InvalidEntry("id", "It holds a character that nothing can be called by.")
    return str(key)


class _InvalidJson(Exception):
    """This is no JSON, and where it ends nobody can tell."""


class _Token(NamedTuple):
    start: int
    end: int
    text: str
    depth: int
    """How many brackets are open behind it."""


class _TextBuffer:
    """The text of a file, read as it is needed, and forgotten when it is done with."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._at_eof = False
        self._buffer = ""
        self._position = 0
        self.line = 1

    def __len__(self) -> int:
        return len(self._buffer) - self._position

    def read_more(self) -> bool:
        """Read on; whether there was more."""
        if self._at_eof:
            return False
        part = self._file.read(READ_CHUNK_BYTES)
        self._at_eof = not part
        self._buffer = self._buffer[self._position :] + self._decoder.decode(
            part, final=self._at_eof
        )
        self._position = 0
        return True

    def peek(self) -> str:
        """What has been read and is not done with."""
        return self._buffer[self._position :]

    def consume(self, length: int) -> str:
        """Be done with `length` characters."""
        first, self._position = self._position, min(self._position + length, len(self._buffer))
        self.line += self._buffer.count("\n", first, self._position)
        return self._buffer[first : self._position]

    def skip_to_next_char(self, blank: re.Pattern[str] = _WHITESPACE) -> str:
        """The next character that is not `blank`, nothing at the end."""
        while True:
            found = blank.match(self._buffer, self._position)
            self.consume(found.end() - self._position if found else 0)
            if len(self) or not self.read_more():
                return self._buffer[self._position : self._position + 1]

    def read_until(self, enough: Callable[[str], object]) -> None:
        """Read on until there is `enough`, or more than an item may have, or no more."""
        while len(self) <= MAX_JSON_ITEM_CHARS and not enough(self.peek()) and self.read_more():
            pass

    def consume_line(self) -> str:
        """Be done with a line, or with as much of it as an item may have."""
        while (end := self._buffer.find("\n", self._position)) < 0:
            if len(self) > MAX_JSON_ITEM_CHARS or not self.read_more():
                return self.consume(MAX_JSON_ITEM_CHARS)
        return self.consume(end + 1 - self._position)

    def tokens(self, within: str = "") -> Iterator[_Token]:
        """The texts, commas and brackets of the value that begins here; `within` closes it.

        Raises `_InvalidJson` where its end cannot be found.
        """
        at, closing = 0, list(within)
        while True:
            found = _TOKEN_PATTERN.search(self._buffer, self._position + at)
            if found is None or found[0] == '"':
                at = found.start() - self._position if found else len(self)
                self._read_more_or_fail(at)
                continue
            mark, start, at = found[0], found.start() - self._position, found.end() - self._position
            if mark in _CLOSING_BRACKETS:
                closing.append(_CLOSING_BRACKETS[mark])
            elif mark in {"]", "}"} and closing and closing.pop() != mark:
                raise _InvalidJson(f"It is no JSON: {mark} closes what was not opened.")
            yield _Token(start, at, mark, len(closing))
            if not closing and mark[0] != '"':
                return

    def _read_more_or_fail(self, at: int) -> None:
        if self._buffer.find("\n", self._position + at) >= 0:
            raise _InvalidJson("It is no JSON: a text does not end on its line.")
        if len(self) > MAX_JSON_ITEM_CHARS:
            raise _InvalidJson(f"It has more than {MAX_JSON_ITEM_CHARS} characters.")
        if not self.read_more():
            raise _InvalidJson("It does not end.")

    def parse_value(self) -> JsonItem:
        """The value that begins here. Raises `_InvalidJson`."""
        line, start = self.line, self._position
        if self._buffer[start] in _CLOSING_BRACKETS:
            try:  # most are whole, and there: no need to look for the end first
                value, end = _DECODER.raw_decode(self._buffer, start)
                return _check_encoding(line, self.consume(end - start), value)
            except (ValueError, RecursionError):
                pass
        opened = False
        for mark in self.tokens():
            opened |= mark.text in _CLOSING_BRACKETS
        end = mark.end if opened else mark.start
        if not end:
            raise _InvalidJson(f"It is no JSON: {mark.text} closes what was not opened.")
        return _decode_item(line, self.consume(end).rstrip())

    def enter_list(self, name: str) -> bool:
        """Go into the list `name` of the object that begins here, if it has one."""
        before = None
        try:
            for mark in self.tokens():
                if mark.text == "[" and mark.depth == 2 and before and before.depth == 1:
                    between = self._buffer[
                        self._position + before.end : self._position + mark.start
                    ]
                    if before.text == f'"{name}"' and between.strip() == ":":
                        self.consume(mark.end)
                        return True
                before = mark
        except _InvalidJson:
            pass
        return False


def iter_json_items(open_: Callable[[], BinaryIO], name: str = "results") -> Iterator[JsonItem]:
    """The items of a file: those of lists, of the list `name` of objects, or of lines.

    Raises `InvalidInput` where it is nothing of that kind.
    """
    with open_() as file:
        text = _TextBuffer(file)
        start = text.skip_to_next_char()
        if _is_json_lines(text, name):
            yield from _parse_lines(text)
        elif start not in _CLOSING_BRACKETS:
            raise InvalidInput("It is no JSON: neither a list nor an object begins it.")
        while start := text.skip_to_next_char():
            if start == "[":
                text.consume(1)
                yield from _parse_list(text)
            elif start == "{" and text.enter_list(name):
                yield from _parse_list(text, "}")
            else:
                yield from _parse_single_object(text, start)


def read_json_envelope(given: Input) -> Envelope:
    """What makes a list of items, or lines, as `given` is."""
    with given.open() as file:
        text = _TextBuffer(file)
        text.skip_to_next_char()
        return (
            Envelope("", "\n", "\n")
            if _is_json_lines(text, "results")
            else Envelope("[\n", ",\n", "\n]\n")
        )


def _is_json_lines(text: _TextBuffer, name: str) -> bool:
    """Whether each line of a file is an object by itself."""
    text.read_until(lambda read: read.partition("\n")[2].strip())
    first, _, rest = text.peek().partition("\n")
    if not rest.strip():
        return False
    value = _decode_item(1, first.strip()).value
    if isinstance(value, dict):
        return not isinstance(value.get(name), list)
    broken = not first.startswith("[") and not first.rstrip().endswith(_INCOMPLETE_LINE_ENDINGS)
    return broken and rest.lstrip().startswith("{")


def _parse_lines(text: _TextBuffer) -> Iterator[JsonItem]:
    while text or text.read_more():
        line = text.line
        if raw := text.consume_line().strip():
            yield _decode_item(line, raw)


def _parse_list(text: _TextBuffer, within: str = "") -> Iterator[JsonItem]:
    """The items of a list, and nothing of what stands behind it in the object around it."""
    try:
        while (start := text.skip_to_next_char(_WHITESPACE_AND_COMMAS)) != "]":
            if not start:
                raise _InvalidJson("The list does not end.")
            yield text.parse_value()
        text.consume(1)
        if within:
            *_, last = text.tokens(within)
            text.consume(last.end)
    except _InvalidJson as error:
        yield from _reject_rest(text, str(error))


def _parse_single_object(text: _TextBuffer, start: str) -> Iterator[JsonItem]:
    """An object by itself."""
    try:
        if start != "{":
            raise _InvalidJson("It is no JSON: nothing like that can stand here.")
        yield text.parse_value()
    except _InvalidJson as error:
        if start == "{" and "\n{" in text.peek():
            yield from _parse_lines(text)
        else:
            yield from _reject_rest(text, str(error))


def _reject_rest(text: _TextBuffer, problem: str) -> Iterator[JsonItem]:
    """All that is left, in as many pieces as it takes."""
    while True:
        text.read_until(lambda _ahead: False)
        line, raw = text.line, text.consume(MAX_JSON_ITEM_CHARS)
        yield JsonItem(line, raw.strip() or raw, problem=problem)
        if not text and not text.read_more():
            return
        problem = "It goes on from what stands before it."


def _reject_constant(name: str) -> Any:
    raise ValueError(f"{name[:20]} is no number.")


def _parse_finite_float(digits: str) -> float:
    return _reject_constant(digits) if isinf(float(digits)) else float(digits)


def _reject_duplicate_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A name stands in one object twice.")
    return found


_DECODER = json.JSONDecoder(
    parse_constant=_reject_constant,
    parse_float=_parse_finite_float,
    object_pairs_hook=_reject_duplicate_names,
)


def _decode_item(line: int, raw: str) -> JsonItem:
    """What `raw` is by itself."""
    try:
        return _check_encoding(line, raw, _DECODER.decode(raw))
    except (ValueError, RecursionError) as error:
        return JsonItem(line, raw, problem=f"It is no JSON: {error}")


def _check_encoding(line: int, raw: str, value: Any) -> JsonItem:
    try:
        raw.encode()
    except UnicodeEncodeError:
        return JsonItem(line, raw, problem="Its bytes are not UTF-8.")
    try:
        if "\\ud" in raw or "\\uD" in raw:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return JsonItem(line, raw, problem="It holds half of a surrogate pair.")
    return JsonItem(line, raw, value)
