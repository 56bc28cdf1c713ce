"""The public archive as flat tables: what each export writes, in one order, from one snapshot.

Only what everybody may see is in them. Rows are numbered and named by id and slug; instants are
text in RFC 3339, each with how exact it is beside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Integer, select

from app.api.embeds import public
from app.db.database import Reader, Row
from app.db.functions import Rows
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
from app.db.models.base import UTCDateTime

BATCH = 2000
"""How many rows are held at once."""

SCHEMA = 1
"""The version of these tables: raised when a column goes or changes its meaning."""


@dataclass(frozen=True)
class Column:
    """One column: its name, its kind of value, and the table that it refers to by id."""

    name: str
    kind: str
    """`integer`, `boolean`, `date`, `instant`, `json` or `text`."""
    nullable: bool
    refers_to: str | None = None


@dataclass(frozen=True)
class Table:
    """One table: a select of columns, ordered by its key, the first columns."""

    name: str
    rows: Rows
    key: int = 1
    """How many of the first columns name a row."""

    @property
    def columns(self) -> list[Column]:
        """The columns, in their order."""
        return [_column(column) for column in self.rows.selected_columns]

    def read(self, reader: Reader) -> Iterator[Row]:
        """The rows, a batch of them in memory at a time."""
        keys = list(self.rows.selected_columns)[: self.key]
        yield from reader.stream(self.rows.order_by(*keys), BATCH)


def _column(column: Any) -> Column:
    kinds = {Boolean: "boolean", Integer: "integer", Date: "date", UTCDateTime: "instant"}
    kind = next((name for type_, name in kinds.items() if isinstance(column.type, type_)), "text")
    kind = "json" if isinstance(column.type, JSON) else kind
    keys = [key for key in column.foreign_keys if key.column.table.name in _NAMES]
    refers_to = next((key.column.table.name for key in keys), None)
    return Column(column.name, kind, bool(column.nullable), refers_to)


_ARTICLES = select(Article.id).where(public())
_UNSHOWN = {
    "edited", "state", "announced", "search_text", "name_key", "title_key", "agency_slug",
    "source_slug", "published_until", "launch_until", "landed_until", "starts_until", "ends_until",
    "family_slug", "body_html",
}  # fmt: skip
"""What serves queries, or editors."""


def _all(model: Any) -> Rows:
    columns = [column for column in model.__table__.columns if column.name not in _UNSHOWN]
    first = [column for column in columns if column.name in {"id", "slug"}]
    first.sort(key=lambda column: column.name)
    return select(*first, *(column for column in columns if column not in first))


def _of_articles(model: Any) -> Rows:
    return select(*model.__table__.columns).where(model.article_id.in_(_ARTICLES))


def _pairs(model: Any) -> Rows:
    return select(*model.__table__.columns)


TABLES = (
    Table("people", _all(Person)),
    Table("vehicles", _all(Vehicle)),
    Table("sites", _all(Site)),
    Table("launches", _all(Launch)),
    Table("spacecraft", _all(Spacecraft)),
    Table("flights", _all(Flight)),
    Table("articles", _all(Article).where(public())),
    Table("article_tags", _of_articles(ArticleTag), 2),
    Table("article_people", _of_articles(ArticlePerson), 2),
    Table("article_launches", _of_articles(ArticleLaunch), 2),
    Table("missions", _all(Mission)),
    Table("mission_tasks", _pairs(MissionTask), 2),
    Table("mission_launches", _pairs(MissionLaunch), 3),
    Table("crew_assignments", _all(CrewAssignment)),
    Table("article_missions", _of_articles(ArticleMission), 2),
)
"""Every table, behind those that it refers to."""

_NAMES = frozenset(table.name for table in TABLES)


def plain(value: Any) -> Any:
    """A value as text files write it: instants and days as ISO 8601."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return value.isoformat() if isinstance(value, date) else value
