"""Queries of the horizon."""

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import Horizon
from app.domain.enums import HorizonKind
from app.resources.horizon.schemas import HorizonRead, Horizons


def get_horizons(reader: Reader) -> Horizons:
    """The horizon of each kind that has one, in the order of `HorizonKind`."""
    rows = {row["kind"]: row for row in reader.all(select(*Horizon.__table__.columns))}
    return Horizons(items=[HorizonRead(**rows[kind]) for kind in HorizonKind if kind in rows])
