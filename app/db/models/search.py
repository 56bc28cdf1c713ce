"""Search documents and the words for spelling corrections.

The full-text index itself is the table `search_index`, of a different kind on each database; see
`app.search.fulltext`.
"""

from sqlalchemy import BigInteger, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import WITHOUT_CHECK, Base
from app.db.types import BoundedString, enum_type
from app.domain.enums import RecordType

SEARCH_INDEX_TABLE = "search_index"

MAX_WORD_CHARS = 80


class SearchDocument(Base):
    """A record in the search index, with its index key (see `app.search.index_keys`)."""

    __tablename__ = "search_documents"

    type: Mapped[RecordType] = mapped_column(
        enum_type(RecordType), primary_key=True, info=WITHOUT_CHECK
    )
    record_id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(BigInteger, unique=True)


class SearchWord(Base):
    """A word of titles and leads in its original spelling, forwards and backwards."""

    __tablename__ = "search_words"

    word: Mapped[str] = mapped_column(BoundedString(MAX_WORD_CHARS), primary_key=True)
    backwards: Mapped[str] = mapped_column(BoundedString(MAX_WORD_CHARS))

    __table_args__ = (Index(None, "backwards"),)
