"""Streaming JSON reader that yields each item with its source text and line.

Reads API responses with a list of items, bare lists, JSON Lines and concatenated objects. Memory is
bounded by the longest item. Items are delimited by their brackets, so that an item that is not
valid JSON does not affect the others.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isinf
from typing import Any, BinaryIO, NamedTuple

from app.ingest.entries import Envelope, Input, InvalidEntry, InvalidInput

READ_CHUNK_BYTES = 2**16
"""Bytes of one read."""

MAX_JSON_ITEM_CHARS = 2**21
"""Maximum characters of one item."""

_TOKEN_PATTERN = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|["\[\]{},]')
_CLOSING_BRACKETS = {"[": "]", "{": "}"}
_WHITESPACE = re.compile(r"\s*")
_WHITESPACE_AND_COMMAS = re.compile(r"[\s,]*")
_INCOMPLETE_LINE_ENDINGS = (",", ":", "[", "{")
"""Characters that end a line only if its value continues on the next."""


@dataclass(frozen=True)
class JsonItem:
    """One item: its parsed value, or the problem if it is not valid JSON."""

    line: int
    raw: str
    value: Any = None
    problem: str | None = None

    def require_object(self, field: str) -> dict[str, Any]:
        """Return the value. Raises `InvalidEntry` for `field` if it is not a JSON object."""
        if not isinstance(self.value, dict):
            raise InvalidEntry(field, self.problem or "Not a JSON object.")
        return self.value


class _InvalidJson(Exception):
    """Invalid JSON whose end cannot be determined."""


class _Token(NamedTuple):
    start: int
    end: int
    text: str
    depth: int
    """Number of open brackets after the token."""


class _TextBuffer:
    """Decoded text of a file: read on demand, discarded once consumed."""

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
        """Read another chunk. Returns False at the end of the file."""
        if self._at_eof:
            return False
        chunk = self._file.read(READ_CHUNK_BYTES)
        self._at_eof = not chunk
        self._buffer = self._buffer[self._position :] + self._decoder.decode(
            chunk, final=self._at_eof
        )
        self._position = 0
        return True

    def peek(self) -> str:
        """Return the text that is read and not consumed."""
        return self._buffer[self._position :]

    def consume(self, length: int) -> str:
        """Consume and return `length` characters."""
        first, self._position = self._position, min(self._position + length, len(self._buffer))
        self.line += self._buffer.count("\n", first, self._position)
        return self._buffer[first : self._position]

    def skip_to_next_char(self, blank: re.Pattern[str] = _WHITESPACE) -> str:
        """Consume characters that match `blank`. Returns the next one, or "" at the end."""
        while True:
            match = blank.match(self._buffer, self._position)
            self.consume(match.end() - self._position if match else 0)
            if len(self) or not self.read_more():
                return self._buffer[self._position : self._position + 1]

    def read_until(self, enough: Callable[[str], object]) -> None:
        """Read until `enough` is true of the buffer, the item limit, or the end of the file."""
        while len(self) <= MAX_JSON_ITEM_CHARS and not enough(self.peek()) and self.read_more():
            pass

    def consume_line(self) -> str:
        """Consume a line, or as much of it as the item limit allows."""
        while (end := self._buffer.find("\n", self._position)) < 0:
            if len(self) > MAX_JSON_ITEM_CHARS or not self.read_more():
                return self.consume(MAX_JSON_ITEM_CHARS)
        return self.consume(end + 1 - self._position)

    def tokens(self, within: str = "") -> Iterator[_Token]:
        """Yield strings, commas and brackets up to the end of the value at the position.

        `within` are the closing brackets still expected. Raises `_InvalidJson` if the value does
        not end.
        """
        at, closing = 0, list(within)
        while True:
            match = _TOKEN_PATTERN.search(self._buffer, self._position + at)
            if match is None or match[0] == '"':
                at = match.start() - self._position if match else len(self)
                self._read_more_or_fail(at)
                continue
            token, start, at = (
                match[0],
                match.start() - self._position,
                match.end() - self._position,
            )
            if token in _CLOSING_BRACKETS:
                closing.append(_CLOSING_BRACKETS[token])
            elif token in {"]", "}"} and closing and closing.pop() != token:
                raise _InvalidJson(f"Invalid JSON: unmatched {token}.")
            yield _Token(start, at, token, len(closing))
            if not closing and token[0] != '"':
                return

    def _read_more_or_fail(self, at: int) -> None:
        if self._buffer.find("\n", self._position + at) >= 0:
            raise _InvalidJson("Invalid JSON: a string is not closed on its line.")
        if len(self) > MAX_JSON_ITEM_CHARS:
            raise _InvalidJson(f"The item has more than {MAX_JSON_ITEM_CHARS} characters.")
        if not self.read_more():
            raise _InvalidJson("Invalid JSON: unexpected end of the document.")

    def parse_value(self) -> JsonItem:
        """Consume and parse the value at the position. Raises `_InvalidJson`."""
        line, start = self.line, self._position
        if self._buffer[start] in _CLOSING_BRACKETS:
            try:  # fast path: the value is valid and completely in the buffer
                value, end = _DECODER.raw_decode(self._buffer, start)
                return _check_encoding(line, self.consume(end - start), value)
            except (ValueError, RecursionError):
                pass
        opened = False
        for token in self.tokens():
            opened |= token.text in _CLOSING_BRACKETS
        end = token.end if opened else token.start
        if not end:
            raise _InvalidJson(f"Invalid JSON: unmatched {token.text}.")
        return _decode_item(line, self.consume(end).rstrip())

    def enter_list(self, name: str) -> bool:
        """Consume up to the first item of the list `name` of the object at the position.

        Returns False, and consumes nothing, if the object has no such list.
        """
        before = None
        try:
            for token in self.tokens():
                if token.text == "[" and token.depth == 2 and before and before.depth == 1:
                    between = self._buffer[
                        self._position + before.end : self._position + token.start
                    ]
                    if before.text == f'"{name}"' and between.strip() == ":":
                        self.consume(token.end)
                        return True
                before = token
        except _InvalidJson:
            pass
        return False


def iter_json_items(open_: Callable[[], BinaryIO], name: str = "results") -> Iterator[JsonItem]:
    """Yield the items of a file: of lists, of the list `name` in objects, or one a line.

    Raises `InvalidInput` if the file is none of these.
    """
    with open_() as file:
        text = _TextBuffer(file)
        start = text.skip_to_next_char()
        if _is_json_lines(text, name):
            yield from _parse_lines(text)
        elif start not in _CLOSING_BRACKETS:
            raise InvalidInput("Not a JSON document: it starts with neither a list nor an object.")
        while start := text.skip_to_next_char():
            if start == "[":
                text.consume(1)
                yield from _parse_list(text)
            elif start == "{" and text.enter_list(name):
                yield from _parse_list(text, "}")
            else:
                yield from _parse_single_object(text, start)


def read_json_envelope(source: Input) -> Envelope:
    """Return the envelope of a JSON list, or of JSON Lines if `source` has one item a line."""
    with source.open() as file:
        text = _TextBuffer(file)
        text.skip_to_next_char()
        return (
            Envelope("", "\n", "\n")
            if _is_json_lines(text, "results")
            else Envelope("[\n", ",\n", "\n]\n")
        )


def _is_json_lines(text: _TextBuffer, name: str) -> bool:
    """Report whether a file is JSON Lines: its first line is a complete value."""
    text.read_until(lambda buffer: buffer.partition("\n")[2].strip())
    first, _, rest = text.peek().partition("\n")
    if not rest.strip():
        return False
    value = _decode_item(1, first.strip()).value
    if isinstance(value, dict):
        return not isinstance(value.get(name), list)
    is_invalid_line = not first.startswith("[") and not first.rstrip().endswith(
        _INCOMPLETE_LINE_ENDINGS
    )
    return is_invalid_line and rest.lstrip().startswith("{")


def _parse_lines(text: _TextBuffer) -> Iterator[JsonItem]:
    while text or text.read_more():
        line = text.line
        if raw := text.consume_line().strip():
            yield _decode_item(line, raw)


def _parse_list(text: _TextBuffer, within: str = "") -> Iterator[JsonItem]:
    """Yield the items of a list, and skip the rest of the enclosing object."""
    try:
        while (start := text.skip_to_next_char(_WHITESPACE_AND_COMMAS)) != "]":
            if not start:
                raise _InvalidJson("Invalid JSON: the list is not closed.")
            yield text.parse_value()
        text.consume(1)
        if within:
            *_, last = text.tokens(within)
            text.consume(last.end)
    except _InvalidJson as error:
        yield from _reject_rest(text, str(error))


def _parse_single_object(text: _TextBuffer, start: str) -> Iterator[JsonItem]:
    """Yield one object of several that follow one another."""
    try:
        if start != "{":
            raise _InvalidJson(f"Invalid JSON: unexpected {start!r}.")
        yield text.parse_value()
    except _InvalidJson as error:
        if start == "{" and "\n{" in text.peek():
            yield from _parse_lines(text)
        else:
            yield from _reject_rest(text, str(error))


def _reject_rest(text: _TextBuffer, problem: str) -> Iterator[JsonItem]:
    """Yield the rest of the file as problems, in pieces within the item limit."""
    while True:
        text.read_until(lambda _buffer: False)
        line, raw = text.line, text.consume(MAX_JSON_ITEM_CHARS)
        yield JsonItem(line, raw.strip() or raw, problem=problem)
        if not text and not text.read_more():
            return
        problem = "Continuation of the invalid item above."


def reject_constant(name: str) -> Any:
    """Raise ValueError; `parse_constant` for NaN and infinities, which are not JSON."""
    raise ValueError(f"{name[:20]} is not a valid number.")


def _parse_finite_float(digits: str) -> float:
    return reject_constant(digits) if isinf(float(digits)) else float(digits)


def _reject_duplicate_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("An object has a duplicate member name.")
    return members


_DECODER = json.JSONDecoder(
    parse_constant=reject_constant,
    parse_float=_parse_finite_float,
    object_pairs_hook=_reject_duplicate_names,
)


def _decode_item(line: int, raw: str) -> JsonItem:
    try:
        return _check_encoding(line, raw, _DECODER.decode(raw))
    except (ValueError, RecursionError) as error:
        return JsonItem(line, raw, problem=f"Invalid JSON: {error}")


def _check_encoding(line: int, raw: str, value: Any) -> JsonItem:
    try:
        raw.encode()
    except UnicodeEncodeError:
        return JsonItem(line, raw, problem="The bytes are not valid UTF-8.")
    try:
        if "\\ud" in raw or "\\uD" in raw:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return JsonItem(line, raw, problem="A string contains a lone surrogate.")
    return JsonItem(line, raw, value)
