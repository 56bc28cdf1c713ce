"""Tables of the public exports: a select of columns, described by their SQLAlchemy types."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Date, Float, Integer, select

from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.types import UTCDateTime

EXPORT_BATCH_ROWS = 2000

_EDITORIAL_COLUMNS = {"edited"}


@dataclass(frozen=True)
class ExportColumn:
    """One column: its name, its type, and the table that it refers to by id."""

    name: str
    value_type: str
    """`integer`, `number`, `boolean`, `date`, `instant`, `json` or `text`."""
    nullable: bool
    references_table: str | None


@dataclass(frozen=True)
class ExportTable:
    """One table: a select of columns, ordered by its key, the first columns."""

    name: str
    description: str
    query: AnySelect
    key_column_count: int = 1
    indexes: tuple[str, ...] = ()
    """Columns with an index in the SQLite file, besides the key."""
    column_descriptions: Mapping[str, str] = field(default_factory=dict)
    """Descriptions of columns that are no described fields of the record."""

    @property
    def columns(self) -> list[ExportColumn]:
        """The columns, in their order."""
        return [_describe_column(column) for column in self.query.selected_columns]

    @property
    def referenced_tables(self) -> set[str]:
        """Other tables that the columns refer to."""
        return {column.references_table for column in self.columns if column.references_table} - {
            self.name
        }

    def stream_rows(self, reader: Reader) -> Iterator[Row]:
        """The rows, a batch of them in memory at a time."""
        keys = list(self.query.selected_columns)[: self.key_column_count]
        yield from reader.stream(self.query.order_by(*keys), EXPORT_BATCH_ROWS)


def _describe_column(column: Any) -> ExportColumn:
    names = {Boolean: "boolean", Integer: "integer", Date: "date", UTCDateTime: "instant"}
    names |= {Float: "number", JSON: "json"}
    name = next((name for type_, name in names.items() if isinstance(column.type, type_)), "text")
    refers_to = next((key.column.table.name for key in column.foreign_keys), None)
    return ExportColumn(column.name, name, bool(column.nullable), refers_to)


def select_record_columns(model: Any, hidden: Collection[str] = ()) -> AnySelect:
    """Public columns of `model`, `id` and `slug` first; none of those that serve queries."""
    columns: list[Column[Any]] = [
        column
        for column in model.__table__.columns
        if column.name not in hidden and column.name not in _EDITORIAL_COLUMNS
    ]
    first = {"id": 0, "slug": 1}
    return select(*sorted(columns, key=lambda column: first.get(column.name, len(first))))
