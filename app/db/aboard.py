"""People aboard the station, in SQL.

A person is aboard from the arrival of the ship of their launch until the departure of the ship that
they land with; where the stays of a ship are not known, from the launch, or until the landing.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, aliased

from app.db.conditions import still_running_on
from app.db.functions import ColumnExpression
from app.db.models import Flight, Launch, Stay
from app.domain.enums import FLOWN_STATUSES, HorizonKind

_first_stay, _last_stay = aliased(Stay), aliased(Stay)


def _of_first_stay(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """A column of the first stay of the ship that the person came with; null without one."""
    stays = select(column).where(_first_stay.launch_id == Flight.launch_id)
    ordered = stays.order_by(_first_stay.arrived_sort_at, _first_stay.id).limit(1)
    return ordered.correlate(Flight).scalar_subquery()


def _of_last_stay(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """A column of the last stay of the ship that the person lands with; null without one."""
    stays = select(column).where(_last_stay.launch_id == Flight.landed_with_id)
    ordered = stays.order_by(_last_stay.arrived_sort_at.desc(), _last_stay.id.desc()).limit(1)
    return ordered.correlate(Flight).scalar_subquery()


# Of `Flight` joined with the `Launch` of its ascent:
ABOARD_FROM: ColumnElement[datetime] = func.coalesce(
    _of_first_stay(_first_stay.arrived_at), Launch.launch_at
)
ABOARD_FROM_PRECISION: ColumnElement[Any] = func.coalesce(
    _of_first_stay(_first_stay.arrived_at_precision), Launch.launch_at_precision
)
ABOARD_TO: ColumnElement[datetime | None] = func.coalesce(
    _of_last_stay(_last_stay.departed_at), Flight.landed_at
)
ABOARD_TO_PRECISION: ColumnElement[Any] = func.coalesce(
    _of_last_stay(_last_stay.departed_at_precision), Flight.landed_at_precision
)
ABOARD_UNTIL: ColumnElement[datetime | None] = func.coalesce(
    _of_last_stay(_last_stay.departed_until), Flight.landed_until
)
"""End of the period that `ABOARD_TO` starts; null while the person is aboard."""


def was_in_space(first: ColumnExpression, after: ColumnExpression) -> ColumnElement[bool]:
    """Condition: the flight was between `first` and `after`; people aboard are in space."""
    return and_(
        Launch.status.in_(FLOWN_STATUSES),
        Launch.launch_at < after,
        or_(Flight.landed_until.is_(None), Flight.landed_until > first),
    )


def was_aboard(first: datetime, after: datetime) -> ColumnElement[bool]:
    """Condition: the person was aboard between `first` and `after`, as far as is known."""
    return and_(
        Launch.status.in_(FLOWN_STATUSES),
        Launch.launch_at < after,
        after > ABOARD_FROM,
        still_running_on(ABOARD_UNTIL, first, HorizonKind.CREWS),
    )
