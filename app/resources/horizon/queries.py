"""Queries of the horizon."""

from functools import cache

from sqlalchemy import select

from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import Horizon
from app.domain.enums import HorizonKind
from app.resources.horizon.schemas import HorizonRead, Horizons, KnownUntil


def get_horizons(reader: Reader) -> Horizons:
    """The horizon of each kind that has one, in the order of `HorizonKind`."""
    rows = {row["kind"]: row for row in reader.all(select(*Horizon.__table__.columns))}
    return Horizons(items=[HorizonRead(**rows[kind]) for kind in HorizonKind if kind in rows])


@cache
def _select_times() -> AnySelect:
    return select(Horizon.kind, Horizon.known_until)


def get_known_until_by_kind(reader: Reader) -> KnownUntil:
    """The times until which facts of each kind are known."""
    rows = reader.all(_select_times())
    times = {row["kind"]: row["known_until"] for row in rows}
    return KnownUntil(**{kind: times.get(kind) for kind in HorizonKind})
