"""Horizon of the archive in SQL; the rules are those of `app.domain.horizon`."""

from datetime import datetime
from functools import cache

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    literal,
    or_,
    select,
)

from app.db.database import Reader
from app.db.models import Horizon
from app.db.types import UTCDateTime
from app.domain.enums import HorizonKind
from app.domain.horizon import HORIZON_TOLERANCE, is_outdated


def known_until_subquery(kind: HorizonKind) -> ScalarSelect[datetime]:
    """Subquery for the horizon of `kind`; null without one."""
    return select(Horizon.known_until).where(Horizon.kind == kind).scalar_subquery()


@cache
def _select_known_until() -> Select[datetime]:
    return select(Horizon.known_until).where(Horizon.kind == bindparam("kind"))


def get_known_until(reader: Reader, kind: HorizonKind) -> datetime | None:
    """The horizon of `kind`; None without one. The response expires when it becomes outdated."""
    known_until = reader.scalar(_select_known_until(), kind=kind)
    is_outdated(known_until)
    return known_until


def is_horizon_outdated(kind: HorizonKind, present: datetime) -> ColumnElement[bool]:
    """Condition: facts of `kind` say nothing about the `present`."""
    horizon = known_until_subquery(kind)
    return and_(horizon.is_not(None), horizon <= present - HORIZON_TOLERANCE)


def last_known_time_of(kind: HorizonKind, present: datetime) -> ColumnElement[datetime]:
    """Expression for the `present` or the horizon of `kind`, the earlier one."""
    horizon, now = known_until_subquery(kind), literal(present, UTCDateTime())
    return case((horizon < now, horizon), else_=now)


def is_within_horizon(kind: HorizonKind, at: datetime, present: datetime) -> ColumnElement[bool]:
    """Condition: facts of `kind` say what is so at `at`, or they count as present."""
    return or_(known_until_subquery(kind) >= at, ~is_horizon_outdated(kind, present))
