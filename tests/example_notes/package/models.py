"""Table of notes."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models import Base, VersionedRecord
from app.db.types import BoundedString, UTCDateTime
from app.domain.enums import RecordType
from app.domain.labels import RecordLabel


class Note(VersionedRecord, Base):
    """Note of the flight control."""

    __tablename__ = "notes"
    record_type = RecordType.NOTE
    label = RecordLabel("note", "заметка", "заметки", "notes", "docking-delayed")

    title: Mapped[str] = mapped_column(BoundedString(120))
    body: Mapped[str] = mapped_column(BoundedString(4000))
    written_at: Mapped[datetime] = mapped_column(UTCDateTime())

    __table_args__ = (Index(None, "written_at", "id"),)
