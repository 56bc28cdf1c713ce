"""Column types of all tables, the same on SQLite and PostgreSQL."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any

from sqlalchemy import DateTime, Dialect, String, TypeDecorator
from sqlalchemy import Enum as EnumType

from app.domain.text import is_storable

ENUM_CHARS = 24
"""Length of the longest value that an enumeration column takes."""


class BoundedString(TypeDecorator[str]):
    """Text of 1 to `length` characters, sorted by code point on both databases.

    PostgreSQL's default collations differ from machine to machine.
    """

    impl = String
    cache_ok = True

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length

    @property
    def python_type(self) -> type[str]:
        return str

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(String(self.length, collation=collation))

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        if value is not None and not is_storable(value):
            raise ValueError("a NUL character or a lone surrogate cannot be stored")
        return value


class UTCDateTime(TypeDecorator[datetime]):
    """Aware instant, stored in UTC: as text without a zone on SQLite, as TIMESTAMPTZ elsewhere."""

    impl = DateTime
    cache_ok = True

    def __init__(self) -> None:
        super().__init__(timezone=True)

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def result_processor(
        self, dialect: Dialect, _coltype: object
    ) -> Callable[[str | None], datetime | None] | None:
        """Parser of SQLite's text; None for PostgreSQL, whose driver returns instants in UTC."""
        return _parse_sqlite_datetime if dialect.name == "sqlite" else None


def _parse_sqlite_datetime(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


def enum_type(enumeration: type[StrEnum]) -> EnumType:
    """Column type for one member of `enumeration`, stored by its value."""

    def values(members: type[Enum]) -> list[str]:
        return [member.value for member in members]

    return EnumType(
        enumeration,
        native_enum=False,
        length=ENUM_CHARS,
        values_callable=values,
        validate_strings=True,
    )
