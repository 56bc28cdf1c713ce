"""Origins of imported records."""

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import WITHOUT_CHECK, Base
from app.db.types import BoundedString, enum_type
from app.domain.enums import RecordType


class ImportOrigin(Base):
    """Origin of an imported record: its key in an external source.

    `record_id` is not a foreign key: a record deleted by an editor is not imported again.
    """

    __tablename__ = "origins"

    scheme: Mapped[str] = mapped_column(BoundedString(300), primary_key=True)
    key: Mapped[str] = mapped_column(BoundedString(500), primary_key=True)
    type: Mapped[RecordType] = mapped_column(
        enum_type(RecordType), primary_key=True, info=WITHOUT_CHECK
    )
    record_id: Mapped[int]
    seen: Mapped[list[str]] = mapped_column(JSON)
    """Digests of the versions imported, in order, to skip versions seen before."""

    __table_args__ = (Index(None, "type", "record_id"),)
