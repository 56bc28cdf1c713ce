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


class _CellFormat(Enum):
    """How the values of a column are spelt."""

    SCALAR = auto()
    LIST = auto()
    JSON = auto()


@dataclass(frozen=True)
class CsvColumn:
    """A leaf of a schema."""

    path: tuple[str, ...]
    cell_format: _CellFormat

    @property
    def name(self) -> str:
        """The path to it, with dots."""
        return ".".join(self.path)

    def format_cell(self, record: Any) -> str:
        """Its field of the row that `record`, an object of JSON, becomes."""
        for step in self.path:
            record = record[step] if record is not None else None
        return "" if record is None else _quote_cell(self._format_value(record))

    def _format_value(self, value: Any) -> str:
        match self.cell_format:
            case _CellFormat.JSON:
                text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
                return _FORMULA_SEPARATOR_PATTERN.sub(r"\\u003b", text)
            case _CellFormat.LIST:
                return escape_formulas(
                    ";".join(_LIST_ESCAPE_PATTERN.sub(r"\\\g<0>", str(item)) for item in value)
                )
        if isinstance(value, bool):
            return "true" if value else "false"
        return escape_formulas(value) if isinstance(value, str) else str(value)


@cache
def csv_columns(record: type[BaseModel]) -> tuple[CsvColumn, ...]:
    """The columns of a table of `record`s, in the order of its fields."""
    return tuple(_iter_columns(record, ()))


def csv_header(record: type[BaseModel]) -> str:
    """The first line of a table of `record`s."""
    return _format_line(column.name for column in csv_columns(record))


def csv_lines(record: type[BaseModel], records: Iterable[BaseModel]) -> str:
    """A line for each of `records`, all of which are `record`s."""
    row = csv_columns(record)
    shown = (each.model_dump(mode="json", by_alias=True) for each in records)
    return "".join(_format_line(column.format_cell(each) for column in row) for each in shown)


def _format_line(cells: Iterable[str]) -> str:
    return f"{','.join(cells)}\r\n"


def _iter_columns(record: type[BaseModel], above: tuple[str, ...]) -> Iterator[CsvColumn]:
    for name, field in record.model_fields.items():
        path = (*above, field.alias or name)
        kind = _unwrap_type(field.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _iter_columns(kind, path)
        elif _is_scalar(kind):
            yield CsvColumn(path, _CellFormat.SCALAR)
        elif get_origin(kind) is list and _is_scalar(_unwrap_type(get_args(kind)[0])):
            yield CsvColumn(path, _CellFormat.LIST)
        else:
            yield CsvColumn(path, _CellFormat.JSON)


def _unwrap_type(kind: Any) -> Any:
    """`kind` without what is annotated, and without None beside it."""
    if get_origin(kind) is Annotated:
        return _unwrap_type(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType}:
        kinds = [each for each in get_args(kind) if each is not NoneType]
        return _unwrap_type(kinds[0]) if len(kinds) == 1 else kind
    return kind


def _is_scalar(kind: Any) -> bool:
    return isinstance(kind, type) and not issubclass(kind, BaseModel | dict | list)


# --- Cells ---------------------------------------------------------------------------------------
#
# A formula begins with one of four signs, wide or not, whatever is before it that a spreadsheet
# passes over. And a cell begins where the spreadsheet thinks so: one set up for Russian or German
# takes `;` for the comma, then knows no quotes around it, and ends the row at a line break.

_IGNORED_PREFIX = r"(?:[^\S\t\r\n]|['\"\x00-\x08\x0b\x0c\x0e-\x1f\u200b-\u200f\u2060\ufeff])*+"
_FORMULA_SIGN = "[=+@\\-\uff1d\uff0b\uff20\uff0d]"
_FORMULA_PATTERN = re.compile(
    rf"(?:\A|(?<=[;\t\r\n]))(?={_IGNORED_PREFIX}{_FORMULA_SIGN})|\A(?={_IGNORED_PREFIX}[\t\r\n])"
)
_FORMULA_SEPARATOR_PATTERN = re.compile(rf";(?={_IGNORED_PREFIX}{_FORMULA_SIGN})")
_LIST_ESCAPE_PATTERN = re.compile(r"[;\\]")
_NEEDS_QUOTES_PATTERN = re.compile(r'[",;\t\r\n]|\A\s|\s\Z')


def escape_formulas(text: str) -> str:
    """`text` with an apostrophe wherever a spreadsheet would take what follows for a formula.

    The way back: take away each apostrophe that stands where one would be put if it were not there.
    """
    return _FORMULA_PATTERN.sub("'", text)


def _quote_cell(cell: str) -> str:
    return (
        '"' + cell.replace('"', '""') + '"'
        if not cell or _NEEDS_QUOTES_PATTERN.search(cell)
        else cell
    )
