"""Source of events: one date of one kind of record, and the columns that all sources have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Integer, String, cast, false, literal_column, null

from app.api.lists.date_filters import DateColumns
from app.db.functions import AnySelect, ColumnExpression
from app.db.models import Stay
from app.domain.enums import HorizonKind, TimelineKind


def _integer(value: int | None) -> ColumnElement[Any]:
    return cast(null(), Integer()) if value is None else literal_column(str(value), Integer())


_NO_ID, _NO_TEXT = _integer(None), cast(null(), String())

EVENT_REFERENCES = (
    "launch_id",
    "spacecraft_id",
    "port_id",
    "from_port_id",
    "module_id",
    "attached_to_id",
    "mission_id",
    "ascent_id",
    "landing_id",
    "spacewalk_id",
    "mission_crew_id",
    "person_id",
)
"""Columns with the ids of records that events refer to; null in the events of most sources.

The last five select people: those who were launched with a ship, who landed with it, who made a
spacewalk, the crew of a mission, and one person.
"""


@dataclass(frozen=True, eq=False, kw_only=True)
class EventSource:
    """Events of one date of one kind of record."""

    name: str
    """Prefix of the ids of the events."""
    horizon: HorizonKind
    """Kind of facts that the events are; stays and landings of people are those of crews."""
    statement: AnySelect
    """Selects the records without columns; joins and conditions of all requests."""
    dates: DateColumns
    uncertain: ColumnExpression = field(default_factory=false)
    key: ColumnExpression
    """Unique column, by which events with equal sort keys are ordered."""
    slug: ColumnExpression
    """Slug of the record that the event is derived from."""
    updated_at: ColumnExpression
    version: ColumnExpression
    detail: ColumnExpression = _NO_TEXT
    """Status of a launch, or the kind of an arrival or of the end of a flight."""
    references: Mapping[str, ColumnExpression] = field(default_factory=dict)
    """Some of `EVENT_REFERENCES`."""
    kinds: Mapping[TimelineKind, ColumnElement[bool] | None]
    """Kinds of the events, each with its condition if there are several."""
    filters: Mapping[str, ColumnElement[bool]] = field(default_factory=dict)
    """Conditions of the filters `person`, `spacecraft` and `module`. Others match no event."""

    @property
    def is_at_port(self) -> bool:
        """True for the events of ships at ports."""
        return self.references.get("port_id") is Stay.port_id

    def select_events(self, rank: int) -> AnySelect:
        """Select the columns of events; `rank` is the position of the source."""
        columns = {
            "key_0": self.dates.sort_at,
            "key_1": _integer(rank),
            "key_2": self.key,
            "at": self.dates.at,
            "at_precision": self.dates.precision,
            "at_uncertain": self.uncertain,
            "slug": self.slug,
            "updated_at": self.updated_at,
            "version": self.version,
            "detail": cast(self.detail, String()),
        } | {name: self.references.get(name, _NO_ID) for name in EVENT_REFERENCES}
        return self.statement.add_columns(*(each.label(name) for name, each in columns.items()))

    @cached_property
    def sort_keys(self) -> tuple[ColumnExpression, ColumnExpression]:
        """Columns of the index in the order of the events."""
        return self.dates.sort_at, self.key
