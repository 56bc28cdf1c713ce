"""The public archive as flat tables: what each export writes, in one order, from one snapshot.

Only what everybody may see is in them. Rows are numbered and named by id and slug; instants are
text in RFC 3339, each with how exact it is beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Integer, select

from app.db.conditions import article_is_public
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import (
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    ArticleTag,
    CrewAssignment,
    Flight,
    Launch,
    Mission,
    MissionLaunch,
    MissionTask,
    Person,
    Site,
    Spacecraft,
    Vehicle,
)
from app.db.types import UTCDateTime

EXPORT_BATCH_ROWS = 2000
"""How many rows are held at once."""

EXPORT_SCHEMA_VERSION = 1
"""The version of these tables: raised when a column goes or changes its meaning."""


@dataclass(frozen=True)
class ExportColumn:
    """One column: its name, its kind of value, and the table that it refers to by id."""

    name: str
    value_type: str
    """`integer`, `boolean`, `date`, `instant`, `json` or `text`."""
    nullable: bool
    references_table: str | None = None


@dataclass(frozen=True)
class ExportTable:
    """One table: a select of columns, ordered by its key, the first columns."""

    name: str
    query: AnySelect
    key_column_count: int = 1
    """How many of the first columns name a row."""

    @property
    def columns(self) -> list[ExportColumn]:
        """The columns, in their order."""
        return [_describe_column(column) for column in self.query.selected_columns]

    def stream_rows(self, reader: Reader) -> Iterator[Row]:
        """The rows, a batch of them in memory at a time."""
        keys = list(self.query.selected_columns)[: self.key_column_count]
        yield from reader.stream(self.query.order_by(*keys), EXPORT_BATCH_ROWS)


def _describe_column(column: Any) -> ExportColumn:
    kinds = {Boolean: "boolean", Integer: "integer", Date: "date", UTCDateTime: "instant"}
    kind = next((name for type_, name in kinds.items() if isinstance(column.type, type_)), "text")
    kind = "json" if isinstance(column.type, JSON) else kind
    keys = [key for key in column.foreign_keys if key.column.table.name in _TABLE_NAMES]
    refers_to = next((key.column.table.name for key in keys), None)
    return ExportColumn(column.name, kind, bool(column.nullable), refers_to)


_PUBLIC_ARTICLE_IDS = select(Article.id).where(article_is_public())
_HIDDEN_COLUMNS = {
    "edited", "state", "announced", "name_key", "title_key", "agency_slug",
    "source_slug", "published_until", "launch_until", "landed_until", "starts_until", "ends_until",
    "family_slug", "body_html",
}  # fmt: skip
"""What serves queries, or editors."""


def _select_exported_columns(model: Any) -> AnySelect:
    columns = [column for column in model.__table__.columns if column.name not in _HIDDEN_COLUMNS]
    first = [column for column in columns if column.name in {"id", "slug"}]
    first.sort(key=lambda column: column.name)
    return select(*first, *(column for column in columns if column not in first))


def _select_of_public_articles(model: Any) -> AnySelect:
    return select(*model.__table__.columns).where(model.article_id.in_(_PUBLIC_ARTICLE_IDS))


def _select_all_columns(model: Any) -> AnySelect:
    return select(*model.__table__.columns)


EXPORT_TABLES = (
    ExportTable("people", _select_exported_columns(Person)),
    ExportTable("vehicles", _select_exported_columns(Vehicle)),
    ExportTable("sites", _select_exported_columns(Site)),
    ExportTable("launches", _select_exported_columns(Launch)),
    ExportTable("spacecraft", _select_exported_columns(Spacecraft)),
    ExportTable("flights", _select_exported_columns(Flight)),
    ExportTable("articles", _select_exported_columns(Article).where(article_is_public())),
    ExportTable("article_tags", _select_of_public_articles(ArticleTag), 2),
    ExportTable("article_people", _select_of_public_articles(ArticlePerson), 2),
    ExportTable("article_launches", _select_of_public_articles(ArticleLaunch), 2),
    ExportTable("missions", _select_exported_columns(Mission)),
    ExportTable("mission_tasks", _select_all_columns(MissionTask), 2),
    ExportTable("mission_launches", _select_all_columns(MissionLaunch), 3),
    ExportTable("crew_assignments", _select_exported_columns(CrewAssignment)),
    ExportTable("article_missions", _select_of_public_articles(ArticleMission), 2),
)
"""Every table, behind those that it refers to."""

_TABLE_NAMES = frozenset(table.name for table in EXPORT_TABLES)


def format_export_value(value: Any) -> Any:
    """A value as text files write it: instants and days as ISO 8601."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat() if isinstance(value, date) else value
