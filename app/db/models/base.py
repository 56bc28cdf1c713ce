"""Declarative base of all tables, the CHECKs of their columns, and the base of records."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Integer,
    MetaData,
    String,
    Table,
    TextClause,
    func,
    inspect,
    text,
    type_coerce,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from app.db.types import BoundedString, UTCDateTime
from app.domain.dates import MAX_INSTANT, MIN_INSTANT, now
from app.domain.enums import RecordType
from app.domain.labels import RecordLabel

WITHOUT_CHECK = {"check": False}
"""`info` of an enumeration column without a CHECK.

The Python type alone validates the columns for `RecordType`: with a CHECK, a new record type would
mean a rebuild of each of their tables.
"""


class Base(DeclarativeBase):
    """Declarative base.

    The class attributes configure `app.db.tracking`.
    """

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    record_type: ClassVar[RecordType | None] = None
    """Type of the record that a row is, or is a part of."""
    record_key: ClassVar[str] = "id"
    """Column with the id of that record."""
    searchable: ClassVar[bool] = False
    """True if search documents contain text of the rows."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(table := cls.__table__, Table):
            _add_bounds_checks(table)

    def compute_columns(self) -> None:
        """Fill the columns that are derived from others; runs before each insert and update."""


def _add_bounds_checks(table: Table) -> None:
    """Add a CHECK for the bounds of each column's type, because SQLite does not enforce types.

    AUTOINCREMENT keeps SQLite from giving the id of a deleted row to a new one.
    """
    if "id" in table.columns and isinstance(table.columns["id"].type, Integer):
        table.dialect_kwargs["sqlite_autoincrement"] = True
    for column in table.columns:
        rule: ColumnElement[bool] | TextClause
        match column.type:
            case BoundedString(length=length):
                rule = func.length(column).between(1, length)
            case UTCDateTime():
                # SQLite compares text, which sorts as time does in this form.
                first, last = (f"{bound:%Y-%m-%d %H:%M:%S}" for bound in (MIN_INSTANT, MAX_INSTANT))
                rule = text(f"{column.name} >= '{first}' AND {column.name} < '{last}'")
            case EnumType(enums=values) if column.info.get("check", True):
                rule = type_coerce(column, String).in_(values)
            case _:
                continue
        table.append_constraint(CheckConstraint(rule, name=f"{column.name}_bounds"))


class VersionedRecord:
    """Columns of a record: a slug, a version for optimistic locking, and times of writing."""

    record_type: ClassVar[RecordType]
    searchable: ClassVar[bool] = True
    label: ClassVar[RecordLabel]
    shown_columns: ClassVar[tuple[str, ...]] = ("slug",)
    """Columns by which other records show a record: a new value is a change of these records."""

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(BoundedString(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now, onupdate=now)
    version: Mapped[int] = mapped_column(default=1)
    edited: Mapped[bool] = mapped_column(default=False)
    """True if an editor has written the record: loading the dataset no longer changes it."""

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


def stored_id(entity: object) -> int:
    """Id of an inserted entity. Raises ValueError before the insert, when its `id` is None."""
    identity: tuple[int] | None = inspect(entity).identity
    if identity is None:
        raise ValueError(f"{type(entity).__name__} has no id before it is inserted")
    return identity[0]
