"""What every table shares: naming, column types with their bounds, and the keeper of versions."""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum, StrEnum
from typing import Any, ClassVar

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    Dialect,
    Integer,
    MetaData,
    String,
    Table,
    TextClause,
    TypeDecorator,
    event,
    func,
    text,
    type_coerce,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, Mapper, declared_attr, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from app.domain.dates import MAX_INSTANT, MIN_INSTANT, now
from app.domain.labels import RecordLabel
from app.domain.text import is_storable


class Base(DeclarativeBase):
    """The declarative base.

    Every entity may complete itself by `compute_columns` before it is written.
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

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if isinstance(table := cls.__table__, Table):
            _add_bounds_checks(table)

    def compute_columns(self) -> None:
        """Fill the columns that follow from others; called before each insert and update."""


@event.listens_for(Base, "before_insert", propagate=True)
@event.listens_for(Base, "before_update", propagate=True)
def _compute_columns(_mapper: Mapper[Any], _connection: Any, entity: Base) -> None:
    entity.compute_columns()


class BoundedString(TypeDecorator[str]):
    """A string of 1 to `length` characters that every database stores and sorts alike.

    Sorted by code point on both: PostgreSQL's own collations differ from machine to machine.
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
    """An aware instant, stored in UTC. SQLite keeps no zone, so none is left to it."""

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
        """Out of what SQLite keeps, at once; PostgreSQL's driver brings instants in UTC itself."""
        return _parse_sqlite_datetime if dialect.name == "sqlite" else None


def _parse_sqlite_datetime(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


def compile_arguments(
    element: FunctionElement[Any], compiler: Any, kw: dict[str, Any]
) -> list[str]:
    """The arguments of a function as they are spelt, for who spells the function."""
    return [compiler.process(argument, **kw) for argument in element.clauses]


class CurrentTransactionId(FunctionElement[int]):
    """The number of the transaction that writes; 0 on SQLite, where one is at work at a time."""

    inherit_cache = True


@compiles(CurrentTransactionId)
def _(_element: CurrentTransactionId, compiler: Any, **_kw: Any) -> str:
    sqlite = compiler.dialect.name == "sqlite"
    return "0" if sqlite else "(pg_current_xact_id()::text::bigint)"


def enum_type(kind: type[StrEnum]) -> EnumType:
    """A column that holds one value of `kind`, by value, refused otherwise by a CHECK."""

    def values(members: type[Enum]) -> list[str]:
        return [member.value for member in members]

    return EnumType(
        kind, native_enum=False, length=24, values_callable=values, validate_strings=True
    )


def _add_bounds_checks(table: Table) -> None:
    """Turn the bounds of each column's type into a CHECK: SQLite enforces no type by itself.

    Nor does it by itself refrain from giving the id of a deleted row to the next one.
    """
    if "id" in table.columns and isinstance(table.columns["id"].type, Integer):
        table.dialect_kwargs["sqlite_autoincrement"] = True
    for column in table.columns:
        rule: ColumnElement[bool] | TextClause
        match column.type:
            case BoundedString(length=length):
                rule = func.length(column).between(1, length)
            case UTCDateTime():
                # Text on SQLite, where this form sorts as time does; an instant on PostgreSQL.
                first, last = (f"{bound:%Y-%m-%d %H:%M:%S}" for bound in (MIN_INSTANT, MAX_INSTANT))
                rule = text(f"{column.name} >= '{first}' AND {column.name} < '{last}'")
            case EnumType(enums=values):
                rule = type_coerce(column, String).in_(values)
            case _:
                continue
        table.append_constraint(CheckConstraint(rule, name=f"{column.name}_bounds"))


class VersionedRecord:
    """A record with an address of its own that editors keep: when it was written, how often."""

    label: ClassVar[RecordLabel]

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(BoundedString(120), unique=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now)
    updated_at: Mapped[datetime] = mapped_column(UTCDateTime(), default=now, onupdate=now)
    version: Mapped[int] = mapped_column(default=1)
    edited: Mapped[bool] = mapped_column(default=False)
    """Whether an editor has written it: no load of a dataset touches it from then on."""

    @declared_attr.directive
    @classmethod
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}
