"""Where imported records come from."""

from sqlalchemy import JSON, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import WITHOUT_CHECK, Base
from app.db.types import BoundedString, enum_type
from app.domain.enums import RecordType


class ImportOrigin(Base):
    """What a record was imported from, by the name that it has there.

    `record_id` is no foreign key: what editors have deleted is not imported once more.
    """

    __tablename__ = "origins"

    scheme: Mapped[str] = mapped_column(BoundedString(300), primary_key=True)
    key: Mapped[str] = mapped_column(BoundedString(500), primary_key=True)
    type: Mapped[RecordType] = mapped_column(
        enum_type(RecordType), primary_key=True, info=WITHOUT_CHECK
    )
    record_id: Mapped[int]
    seen: Mapped[list[str]] = mapped_column(JSON)
    """Digests of the forms in which it came, the last one last: what came before is known."""

    __table_args__ = (Index(None, "type", "record_id"),)
