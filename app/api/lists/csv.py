"""CSV of records (RFC 4180), safe against formula injection in spreadsheets.

UTF-8, by default with a byte order mark; commas, CRLF, quotes where needed. One column for each
leaf of the schema, named by its path with dots. null is an empty field, an empty text is `""`; a
list of scalars is joined by `;`, with `;` and `\\` escaped by a backslash; any other list or object
is JSON.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from app.api.fields import Selection, is_selected, select_fields
from app.api.model_fields import unwrap_type

CSV_BOM = "\ufeff"
"""Byte order mark: without it, Excel reads UTF-8 in the charset of the system."""


class _CellFormat(Enum):
    """Format of the values of a column."""

    SCALAR = auto()
    LIST = auto()
    JSON = auto()


@dataclass(frozen=True)
class CsvColumn:
    """Column of a leaf of the schema."""

    path: tuple[str, ...]
    cell_format: _CellFormat

    @property
    def name(self) -> str:
        """Path of the leaf, with dots."""
        return ".".join(self.path)

    def format_cell(self, record: Any) -> str:
        """Format the field of `record`, a JSON object."""
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
    """Columns of a record type, in the order of its fields."""
    return tuple(_iter_columns(record, ()))


def _select_columns(record: type[BaseModel], selection: Selection | None) -> list[CsvColumn]:
    return [column for column in csv_columns(record) if is_selected(selection, column.path)]


def csv_header(record: type[BaseModel], selection: Selection | None = None) -> str:
    """Header line of a record type, of the selected fields."""
    return _format_line(column.name for column in _select_columns(record, selection))


def csv_lines(
    record: type[BaseModel], records: Iterable[BaseModel], selection: Selection | None = None
) -> str:
    """Lines of `records` of the type `record`, of the selected fields."""
    columns = _select_columns(record, selection)
    rows = (
        select_fields(item.model_dump(mode="json", by_alias=True), selection) for item in records
    )
    return "".join(_format_line(column.format_cell(row) for column in columns) for row in rows)


def _format_line(cells: Iterable[str]) -> str:
    return f"{','.join(cells)}\r\n"


def _iter_columns(record: type[BaseModel], prefix: tuple[str, ...]) -> Iterator[CsvColumn]:
    for name, field in record.model_fields.items():
        path = (*prefix, field.alias or name)
        kind = unwrap_type(field.annotation)
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _iter_columns(kind, path)
        elif _is_scalar(kind):
            yield CsvColumn(path, _CellFormat.SCALAR)
        elif get_origin(kind) is list and _is_scalar(unwrap_type(get_args(kind)[0])):
            yield CsvColumn(path, _CellFormat.LIST)
        else:
            yield CsvColumn(path, _CellFormat.JSON)


def _is_scalar(kind: Any) -> bool:
    return isinstance(kind, type) and not issubclass(kind, BaseModel | dict | list)


# --- Cells ---------------------------------------------------------------------------------------
#
# A formula starts with one of four signs, fullwidth or not, after characters that spreadsheets
# ignore. A cell may also start after `;`: Russian and German spreadsheets use it as the separator,
# then do not recognise the quotes, and end the row at a line break.

_IGNORED_PREFIX = r"(?:[^\S\t\r\n]|['\"\x00-\x08\x0b\x0c\x0e-\x1f\u200b-\u200f\u2060\ufeff])*+"
_FORMULA_SIGN = "[=+@\\-\uff1d\uff0b\uff20\uff0d]"
_FORMULA_PATTERN = re.compile(
    rf"(?:\A|(?<=[;\t\r\n]))(?={_IGNORED_PREFIX}{_FORMULA_SIGN})|\A(?={_IGNORED_PREFIX}[\t\r\n])"
)
_FORMULA_SEPARATOR_PATTERN = re.compile(rf";(?={_IGNORED_PREFIX}{_FORMULA_SIGN})")
_LIST_ESCAPE_PATTERN = re.compile(r"[;\\]")
_NEEDS_QUOTES_PATTERN = re.compile(r'[",;\t\r\n]|\A\s|\s\Z')


def escape_formulas(text: str) -> str:
    """Insert an apostrophe before each part of `text` that a spreadsheet would run as a formula.

    To restore the text, remove each apostrophe whose removal would make it necessary again.
    """
    return _FORMULA_PATTERN.sub("'", text)


def _quote_cell(cell: str) -> str:
    return (
        '"' + cell.replace('"', '""') + '"'
        if not cell or _NEEDS_QUOTES_PATTERN.search(cell)
        else cell
    )
