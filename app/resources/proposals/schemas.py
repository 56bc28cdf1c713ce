"""Proposal schemas: query parameters, write model, read models."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from app.api.links import Url
from app.api.lists.pagination import ListQuery, Page
from app.api.openapi.examples import Example
from app.api.params import CommaList, QueryModel, Slug
from app.api.read_models import ReadModel, UtcInstant
from app.api.write_models import WriteModel, example_config
from app.domain.enums import ProposalStatus, RecordType
from app.resources.changes.schemas import RecordData


class ProposalFilters(QueryModel):
    """Filters of proposals."""

    status: Annotated[ProposalStatus, Example("open")] = ProposalStatus.OPEN
    """Status of the proposals."""
    type: Annotated[CommaList[RecordType], Example(["launch"])] = []
    """Record types. Default: all."""


class ProposalQuery(ProposalFilters, ListQuery):
    """Query parameters of the list of proposals."""


class ProposalMerge(WriteModel):
    """Record that an entry describes."""

    model_config = example_config(slug="soyuz-ms-12")

    slug: Slug | None = None
    """Slug of the record: a candidate or any other. May be omitted if there is one candidate."""


class ProposalRecordRef(ReadModel):
    """Reference to a record, public or not."""

    slug: str
    title: str
    """Title or name, in the language of the response if known."""
    url: Url


class FieldDifference(ReadModel):
    """Field with different values in the entry and in the record."""

    field: str
    entry: Any
    """Value in the entry."""
    record: Any
    """Value in the record."""


class ProposalCandidate(ProposalRecordRef):
    """Record that the entry may describe."""

    record: RecordData
    """The whole record, as in the change feed."""
    differences: list[FieldDifference]
    """Fields of the entry whose value in the record is another one."""


class ProposalState(ReadModel):
    """Proposal without the records that it refers to."""

    id: int
    type: RecordType
    """Type of the record that the entry describes."""
    status: ProposalStatus
    title: str
    """Title or name of the entry."""
    source: str
    """Source of the entry: a catalogue, or the URL of a feed."""
    source_id: str
    """Id of the entry in its source."""
    evidence: str
    """Why the entry may be a record of the archive, and may not."""
    publish: bool
    """If true, an article is published when it becomes a record. Otherwise it is a draft."""
    created_at: UtcInstant
    updated_at: UtcInstant
    version: int

    @classmethod
    def computed_fields(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        return {"source": row["scheme"], "source_id": row["key"]}


class ProposalSummary(ProposalState):
    """Proposal with references to its records."""

    candidates: list[ProposalRecordRef]
    """Records that the entry may describe, without those deleted since."""
    record: ProposalRecordRef | None
    """Record that an editor decided on. Null while open, or if the record was deleted since."""


class ProposalPage(Page[ProposalSummary]):
    """Page of proposals."""


class ProposalRead(ProposalState):
    """Proposal with both sides: the entry, and the records that it may describe."""

    entry: dict[str, Any]
    """Document of the entry, as the write API accepts it."""
    candidates: list[ProposalCandidate]
    """Records that the entry may describe, without those deleted since."""
    record: ProposalRecordRef | None
    """Record that an editor decided on. Null while open, or if the record was deleted since."""

    def last_modified(self) -> datetime | None:
        """Time of the newest change of the proposal or of a candidate."""
        times: list[datetime | None] = [
            getattr(each.record, "updated_at", None) for each in self.candidates
        ]
        return max(filter(None, [self.updated_at, *times]))
