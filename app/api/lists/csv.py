"""Records as rows of CSV: columns by their schema, and nothing that a spreadsheet would run.

RFC 4180: commas, CRLF, quotes where they are needed. A column for each leaf of the schema, its name
the path to it with dots. Nothing is null and an empty text is `""`; a list of plain values is
joined by `;`, a `;` or `\\` of theirs behind a backslash; any other list or object is JSON.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


class _Form(Enum):
    """How the values of a column are spelt."""

    PLAIN = auto()
    JOINED = auto()
    JSON = auto()


@dataclass(frozen=True)
class Column:
    """A leaf of a schema."""

    path: tuple[str, ...]
    form: _Form

    @property
    def name(self) -> str:
        """The path to it, with dots."""
        return ".".join(self.path)

    def cell(self, record: Any) -> str:
        """Its field of the row that `record`, an object of JSON, becomes."""
        for step in self.path:
            record = record[step] if record is not None else None
        return "" if record is None else _quoted(self._spell(record))

    def _spell(self, value: Any) -> str:
        match self.form:
            case _Form.JSON:
                text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
                return _NEXT_CELL.sub(r"\\u003b", text)
            case _Form.JOINED:
                return guarded(";".join(_BREAKS.sub(r"\\\g<0>", str(item)) for item in value))
        if isinstance(value, bool):
            return "true" if value else "false"
        return guarded(value) if isinstance(value, str) else str(value)


@cache
def columns(record: type[BaseModel]) -> tuple[Column, ...]:
    """The columns of a table of `record`s, in the order of its fields."""
    return tuple(_columns(record, ()))


def header(record: type[BaseModel]) -> str:
    """The first line of a table of `record`s."""
    return _line(column.name for column in columns(record))


def lines(record: type[BaseModel], records: Iterable[BaseModel]) -> str:
    """A line for each of `records`, all of which are `record`s."""
    row = columns(record)
    shown = (each.model_dump(mode="json", by_alias=True) for each in records)
    return "".join(_line(column.cell(each) for column in row) for each in shown)


def _line(cells: Iterable[str]) -> str:
    return f"{','.join(cells)}\r\n"


def _columns(record: type[BaseModel], above: tuple[str, ...]) -> Iterator[Column]:
    for name, field in record.model_fields.items():
        path = (*above, field.alias or name)
        kind = _bare(field.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _columns(kind, path)
        elif _is_plain(kind):
            yield Column(path, _Form.PLAIN)
        elif get_origin(kind) is list and _is_plain(_bare(get_args(kind)[0])):
            yield Column(path, _Form.JOINED)
        else:
            yield Column(path, _Form.JSON)


def _bare(kind: Any) -> Any:
    """`kind` without what is annotated, and without None beside it."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        kinds = [each for each in get_args(kind) if each is not NoneType]
        return _bare(kinds[0]) if len(kinds) == 1 else kind
    return kind


def _is_plain(kind: Any) -> bool:
    return isinstance(kind, type) and not issubclass(kind, BaseModel | dict | list)


# --- Cells ---------------------------------------------------------------------------------------
#
# A formula begins with one of four signs, wide or not, whatever is before it that a spreadsheet
# passes over. And a cell begins where the spreadsheet thinks so: one set up for Russian or German
# takes `;` for the comma, then knows no quotes around it, and ends the row at a line break.

_PASSED_OVER = r"(?:[^\S\t\r\n]|['\"\x00-\x08\x0b\x0c\x0e-\x1f\u200b-\u200f\u2060\ufeff])*+"
_SIGN = "[=+@\\-\uff1d\uff0b\uff20\uff0d]"
_FORMULA = re.compile(
    rf"(?:\A|(?<=[;\t\r\n]))(?={_PASSED_OVER}{_SIGN})|\A(?={_PASSED_OVER}[\t\r\n])"
)
_NEXT_CELL = re.compile(rf";(?={_PASSED_OVER}{_SIGN})")
_BREAKS = re.compile(r"[;\\]")
_NEEDS_QUOTES = re.compile(r'[",;\t\r\n]|\A\s|\s\Z')


def guarded(text: str) -> str:
    """`text` with an apostrophe wherever a spreadsheet would take what follows for a formula.

    The way back: take away each apostrophe that stands where one would be put if it were not there.
    """
    return _FORMULA.sub("'", text)


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if not cell or _NEEDS_QUOTES.search(cell) else cell
