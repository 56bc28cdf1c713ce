"""Daily counts of published articles."""

from datetime import datetime

from sqlalchemy import Column, Index, Integer, Table
from sqlalchemy.orm import Mapped

from app.db.models.base import Base
from app.db.types import BoundedString, UTCDateTime


def before_hour_column(hour: int) -> str:
    """Name of the column that counts articles published before `hour`; 24 is the whole day."""
    return f"before_{hour:02}"


COUNT_COLUMNS = ["dayed", *map(before_hour_column, range(1, 25))]


class ArticleDailyCounts(Base):
    """Articles of a language by the day in UTC on which they were published.

    `at` is the start of the day. `dayed` counts articles of which only the day is known, each
    `before_…` column the others published before that hour. Days without articles have no row.
    """

    __table__ = Table(
        "article_days",
        Base.metadata,
        Column("at", UTCDateTime(), primary_key=True),
        Column("language", BoundedString(8), primary_key=True),
        *(Column(name, Integer, nullable=False, server_default="0") for name in COUNT_COLUMNS),
        Index(None, "language", "at"),
    )

    at: Mapped[datetime]
    language: Mapped[str]
