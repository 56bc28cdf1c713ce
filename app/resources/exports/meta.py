"""Table `meta` of the public exports: the cursor at which they stand, and descriptions.

Its rows are pairs of a name and a value: `cursor`, `schema_version`, then the description of each
table (`launches`) and of each column (`launches.launch_at`).
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.api.attribute_docstrings import attribute_docstrings
from app.db.database import Reader
from app.resources.changes.cursor import utc_today
from app.resources.changes.queries import get_latest_cursor
from app.resources.export_tables import ExportColumn, ExportTable
from app.resources.exports.tables import EXPORT_SCHEMA_VERSION, EXPORT_TABLES
from app.resources.registry import RECORD_RESOURCES

META_TABLE = "meta"
META_COLUMNS = ("name", "value")

_COMMON_DESCRIPTIONS = {
    "created_at": "Time when the record was created.",
    "id": "Id, never reused within its table.",
    "ordinal": "Position among its siblings.",
    "slug": "Identifier in URLs.",
    "sources": "Sources of the facts, a JSON array of objects with `name`, `url` and `licence`.",
    "updated_at": "Time of the last change.",
    "version": "Number of the version, raised by each change.",
}
_SUFFIX_DESCRIPTIONS = {
    "_precision": "Precision of `{}`, such as `day`: what is finer in it is unknown.",
    "_uncertain": "1 if the source doubts `{}`.",
}


def get_export_cursor(reader: Reader) -> str:
    """The cursor of `/v1/changes` at which an export from `reader` stands.

    Its day is the first of the month: an export changes by it once a month, and it is valid for
    at least 59 days.
    """
    return replace(get_latest_cursor(reader), as_of_date=utc_today().replace(day=1)).encode(())


def iter_meta(reader: Reader) -> Iterator[tuple[str, str]]:
    """The rows of the table."""
    yield "cursor", get_export_cursor(reader)
    yield "schema_version", str(EXPORT_SCHEMA_VERSION)
    for table in EXPORT_TABLES:
        yield table.name, table.description
        field_descriptions = _describe_fields(table)
        for column in table.columns:
            yield f"{table.name}.{column.name}", _describe_column(column, field_descriptions)


def _describe_fields(table: ExportTable) -> dict[str, str]:
    """Descriptions of columns: those of the table, else those of the fields of its record."""
    models: list[Any] = [
        each.record_model
        for each in RECORD_RESOURCES.values()
        if each.label.collection == table.name
    ]
    of_fields = attribute_docstrings(models[0]) if models else {}
    return of_fields | dict(table.column_descriptions)


def _describe_column(column: ExportColumn, descriptions: dict[str, str]) -> str:
    """The description of a column. Raises KeyError if nothing describes it."""
    for suffix, text in _SUFFIX_DESCRIPTIONS.items():
        if column.name.endswith(suffix):
            return text.format(column.name.removesuffix(suffix))
    if column.name in descriptions:
        return descriptions[column.name]
    if column.references_table:
        return f"Id in `{column.references_table}`."
    return _COMMON_DESCRIPTIONS[column.name]
