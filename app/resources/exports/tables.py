"""The public archive as flat tables, in the order of their references, from one snapshot.

Rows are identified by id and slug. Text files have instants in RFC 3339, each with its precision
in a column beside it.
"""

from datetime import date, datetime
from typing import Any

from app.resources.registry import RECORD_RESOURCES, RESOURCES
from app.resources.resource import sort_by_references

_OTHER_RESOURCES = [each for each in RESOURCES if each not in RECORD_RESOURCES.values()]

EXPORT_SCHEMA_VERSION = 2
"""Version of the tables: raised when a column is removed or changes its meaning."""

EXPORT_TABLES = sort_by_references(
    (
        table
        for resource in (*RECORD_RESOURCES.values(), *_OTHER_RESOURCES)
        for table in resource.export_tables
    ),
    lambda table: table.name,
    lambda table: table.referenced_tables,
)


def format_export_value(value: Any) -> Any:
    """`value` as text files have it: instants and days in ISO 8601."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat() if isinstance(value, date) else value
