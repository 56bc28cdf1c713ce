"""Horizon of the archive."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Base
from app.db.types import UTCDateTime, enum_type
from app.domain.enums import HorizonKind


class Horizon(Base):
    """Time until which all facts of a kind are known; without a row, there is no limit."""

    __tablename__ = "horizons"

    kind: Mapped[HorizonKind] = mapped_column(enum_type(HorizonKind), primary_key=True)
    known_until: Mapped[datetime] = mapped_column(UTCDateTime())
    moved_at: Mapped[datetime] = mapped_column(UTCDateTime())
    """Time of the last move of `known_until`."""
