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
from app.ingest.entries import Frame, Input, Unreadable

PART = 2**16
"""Bytes read at once."""

LONGEST = 2**21
"""Characters that one item may have."""

_MARK = re.compile(r'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|["\[\]{},]')
_CLOSING = {"[": "]", "{": "}"}
_BLANK = re.compile(r"\s*")
_BETWEEN = re.compile(r"[\s,]*")
_OPEN_END = (",", ":", "[", "{")
"""What a line cannot end with that is a value by itself."""


@dataclass(frozen=True)
class JsonItem:
    """One item; what is no JSON has a problem in place of a value."""

    line: int
    raw: str
    value: Any = None
    problem: str | None = None


class Unfit(Exception):
    """A value is not what its place asks for."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


def part_of(value: Any, *path: str) -> Mapping[str, Any]:
    """The object at `path` in `value`; an empty one where there is none."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def text_at(value: Any, *path: str) -> str:
    """The text at `path` in `value`, without white space around it; an empty one for none."""
    found = part_of(value, *path[:-1]).get(path[-1])
    return found.strip() if isinstance(found, str) else ""


def list_at(value: Mapping[str, Any], name: str) -> list[Any]:
    """The list `name` of an object; an empty one for none. Raises `Unfit` where it is another."""
    found = value.get(name)
    if not isinstance(found, list | None):
        raise Unfit(name, "It is no list.")
    return found or []


def key_of(value: Mapping[str, Any]) -> str:
    """What a source calls an object by. Raises `Unfit` where that is nothing."""
    key = value.get("id")
    if isinstance(key, bool) or not isinstance(key, str | int) or not 0 < len(str(key)) <= 500:
        raise Unfit("id", "It has no id that is a number or a short text.")
    if not is_storable(str(key)):
        raise Unfit("id", "It holds a character that nothing can be called by.")
    return str(key)


class _Broken(Exception):
    """This is no JSON, and where it ends nobody can tell."""


class _Mark(NamedTuple):
    start: int
    end: int
    text: str
    depth: int
    """How many brackets are open behind it."""


class _Text:
    """The text of a file, read as it is needed, and forgotten when it is done with."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        self._ended = False
        self._text = ""
        self._at = 0
        self.line = 1

    def __len__(self) -> int:
        return len(self._text) - self._at

    def more(self) -> bool:
        """Read on; whether there was more."""
        if self._ended:
            return False
        part = self._file.read(PART)
        self._ended = not part
        self._text = self._text[self._at :] + self._decoder.decode(part, final=self._ended)
        self._at = 0
        return True

    def ahead(self) -> str:
        """What has been read and is not done with."""
        return self._text[self._at :]

    def take(self, length: int) -> str:
        """Be done with `length` characters."""
        first, self._at = self._at, min(self._at + length, len(self._text))
        self.line += self._text.count("\n", first, self._at)
        return self._text[first : self._at]

    def start(self, blank: re.Pattern[str] = _BLANK) -> str:
        """The next character that is not `blank`, nothing at the end."""
        while True:
            found = blank.match(self._text, self._at)
            self.take(found.end() - self._at if found else 0)
            if len(self) or not self.more():
                return self._text[self._at : self._at + 1]

    def fill(self, enough: Callable[[str], object]) -> None:
        """Read on until there is `enough`, or more than an item may have, or no more."""
        while len(self) <= LONGEST and not enough(self.ahead()) and self.more():
            pass

    def take_line(self) -> str:
        """Be done with a line, or with as much of it as an item may have."""
        while (end := self._text.find("\n", self._at)) < 0:
            if len(self) > LONGEST or not self.more():
                return self.take(LONGEST)
        return self.take(end + 1 - self._at)

    def marks(self, within: str = "") -> Iterator[_Mark]:
        """The texts, commas and brackets of the value that begins here; `within` closes it.

        Raises `_Broken` where its end cannot be found.
        """
        at, closing = 0, list(within)
        while True:
            found = _MARK.search(self._text, self._at + at)
            if found is None or found[0] == '"':
                at = found.start() - self._at if found else len(self)
                self._read_on(at)
                continue
            mark, start, at = found[0], found.start() - self._at, found.end() - self._at
            if mark in _CLOSING:
                closing.append(_CLOSING[mark])
            elif mark in {"]", "}"} and closing and closing.pop() != mark:
                raise _Broken(f"It is no JSON: {mark} closes what was not opened.")
            yield _Mark(start, at, mark, len(closing))
            if not closing and mark[0] != '"':
                return

    def _read_on(self, at: int) -> None:
        if self._text.find("\n", self._at + at) >= 0:
            raise _Broken("It is no JSON: a text does not end on its line.")
        if len(self) > LONGEST:
            raise _Broken(f"It has more than {LONGEST} characters.")
        if not self.more():
            raise _Broken("It does not end.")

    def value(self) -> JsonItem:
        """The value that begins here. Raises `_Broken`."""
        line, start = self.line, self._at
        if self._text[start] in _CLOSING:
            try:  # most are whole, and there: no need to look for the end first
                value, end = _DECODER.raw_decode(self._text, start)
                return _checked(line, self.take(end - start), value)
            except (ValueError, RecursionError):
                pass
        opened = False
        for mark in self.marks():
            opened |= mark.text in _CLOSING
        end = mark.end if opened else mark.start
        if not end:
            raise _Broken(f"It is no JSON: {mark.text} closes what was not opened.")
        return _item(line, self.take(end).rstrip())

    def enter(self, name: str) -> bool:
        """Go into the list `name` of the object that begins here, if it has one."""
        before = None
        try:
            for mark in self.marks():
                if mark.text == "[" and mark.depth == 2 and before and before.depth == 1:
                    between = self._text[self._at + before.end : self._at + mark.start]
                    if before.text == f'"{name}"' and between.strip() == ":":
                        self.take(mark.end)
                        return True
                before = mark
        except _Broken:
            pass
        return False


def items(open_: Callable[[], BinaryIO], name: str = "results") -> Iterator[JsonItem]:
    """The items of a file: those of lists, of the list `name` of objects, or of lines.

    Raises `Unreadable` where it is nothing of that kind.
    """
    with open_() as file:
        text = _Text(file)
        start = text.start()
        if _is_lines(text, name):
            yield from _lines(text)
        elif start not in _CLOSING:
            raise Unreadable("It is no JSON: neither a list nor an object begins it.")
        while start := text.start():
            if start == "[":
                text.take(1)
                yield from _list(text)
            elif start == "{" and text.enter(name):
                yield from _list(text, "}")
            else:
                yield from _alone(text, start)


def frame(given: Input) -> Frame:
    """What makes a list of items, or lines, as `given` is."""
    with given.open() as file:
        text = _Text(file)
        text.start()
        return Frame("", "\n", "\n") if _is_lines(text, "results") else Frame("[\n", ",\n", "\n]\n")


def _is_lines(text: _Text, name: str) -> bool:
    """Whether each line of a file is an object by itself."""
    text.fill(lambda read: read.partition("\n")[2].strip())
    first, _, rest = text.ahead().partition("\n")
    if not rest.strip():
        return False
    value = _item(1, first.strip()).value
    if isinstance(value, dict):
        return not isinstance(value.get(name), list)
    broken = not first.startswith("[") and not first.rstrip().endswith(_OPEN_END)
    return broken and rest.lstrip().startswith("{")


def _lines(text: _Text) -> Iterator[JsonItem]:
    while text or text.more():
        line = text.line
        if raw := text.take_line().strip():
            yield _item(line, raw)


def _list(text: _Text, within: str = "") -> Iterator[JsonItem]:
    """The items of a list, and nothing of what stands behind it in the object around it."""
    try:
        while (start := text.start(_BETWEEN)) != "]":
            if not start:
                raise _Broken("The list does not end.")
            yield text.value()
        text.take(1)
        if within:
            *_, last = text.marks(within)
            text.take(last.end)
    except _Broken as error:
        yield from _rest(text, str(error))


def _alone(text: _Text, start: str) -> Iterator[JsonItem]:
    """An object by itself."""
    try:
        if start != "{":
            raise _Broken("It is no JSON: nothing like that can stand here.")
        yield text.value()
    except _Broken as error:
        if start == "{" and "\n{" in text.ahead():
            yield from _lines(text)
        else:
            yield from _rest(text, str(error))


def _rest(text: _Text, problem: str) -> Iterator[JsonItem]:
    """All that is left, in as many pieces as it takes."""
    while True:
        text.fill(lambda _ahead: False)
        line, raw = text.line, text.take(LONGEST)
        yield JsonItem(line, raw.strip() or raw, problem=problem)
        if not text and not text.more():
            return
        problem = "It goes on from what stands before it."


def _no_number(name: str) -> Any:
    raise ValueError(f"{name[:20]} is no number.")


def _number(digits: str) -> float:
    return _no_number(digits) if isinf(float(digits)) else float(digits)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("A name stands in one object twice.")
    return found


_DECODER = json.JSONDecoder(
    parse_constant=_no_number, parse_float=_number, object_pairs_hook=_named_once
)


def _item(line: int, raw: str) -> JsonItem:
    """What `raw` is by itself."""
    try:
        return _checked(line, raw, _DECODER.decode(raw))
    except (ValueError, RecursionError) as error:
        return JsonItem(line, raw, problem=f"It is no JSON: {error}")


def _checked(line: int, raw: str, value: Any) -> JsonItem:
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
