"""Queries of proposals."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from functools import cache, partial
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, func, select

from app.api.lists.pagination import fetch_page
from app.api.lists.sorting import build_orders
from app.api.write_models import validate_write_model
from app.db.database import Reader, Row
from app.db.functions import AnySelect
from app.db.models import Article, Proposal, VersionedRecord
from app.domain.enums import ArticleState, ProposalStatus, RecordType
from app.domain.languages import tr
from app.http.problems import InvalidRequest, NotFound
from app.resources.proposals.schemas import (
    FieldDifference,
    ProposalFilters,
    ProposalPage,
    ProposalQuery,
    ProposalRead,
    ProposalSummary,
)
from app.resources.registry import RECORD_RESOURCES

SORTS = build_orders(Proposal.id, id=())


def conditions(filters: ProposalFilters) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`."""
    where: list[ColumnElement[bool]] = [Proposal.status == filters.status]
    return [*where, Proposal.type.in_(filters.type)] if filters.type else where


@cache
def _select_proposals() -> AnySelect:
    document = Proposal.__table__.c.document
    columns = [column for column in Proposal.__table__.columns if column is not document]
    return select(*columns)


def list_proposals(reader: Reader, query: ProposalQuery) -> ProposalPage:
    """A page of the proposals that match, oldest first."""
    return fetch_page(
        reader,
        ProposalPage,
        _select_proposals(),
        conditions(query),
        SORTS,
        query,
        "proposals",
        default_sort="id",
        complete_rows=partial(_add_records, reader),
    )


def list_all_proposals(reader: Reader, filters: ProposalFilters) -> list[ProposalSummary]:
    """All proposals that match, oldest first."""
    rows = reader.all(_select_proposals().where(*conditions(filters)).order_by(Proposal.id))
    return [ProposalSummary.model_validate(row) for row in _add_records(reader, rows)]


def get_proposal(reader: Reader, id_: int) -> ProposalRead:
    """The proposal `id_`, with its entry and the whole candidates. Raises NotFound."""
    row = reader.first(_select_proposals().add_columns(Proposal.document).where(Proposal.id == id_))
    if row is None:
        raise proposal_not_found(id_)
    refs = _load_refs(reader, [row])[row["type"]]
    candidate_ids = [each for each in row["candidate_ids"] if each in refs]
    resource = RECORD_RESOURCES[row["type"]]
    records = resource.load_records(reader, candidate_ids) if candidate_ids else {}
    candidates = [
        refs[each]
        | {
            "record": records[each],
            "differences": _compare(row["type"], row["document"], records[each]),
        }
        for each in candidate_ids
    ]
    links = _link_records(row, refs) | {"entry": row["document"], "candidates": candidates}
    return ProposalRead.model_validate(row | links)


def count_open_proposals(reader: Reader) -> int:
    """Number of proposals that wait for an editor."""
    open_ = select(func.count(Proposal.id)).where(Proposal.status == ProposalStatus.OPEN)
    return reader.scalar(open_) or 0


def select_existing_records(model: type[VersionedRecord]) -> AnySelect:
    """Ids and slugs of the records of a type, without articles in the trash."""
    statement = select(model.id, model.slug)
    return statement.where(Article.state != ArticleState.DELETED) if model is Article else statement


def proposal_not_found(id_: int) -> NotFound:
    """The error for an unknown id."""
    return NotFound(
        tr(
            f"There is no proposal {id_}. See /v1/proposals.",
            f"Нет предложения {id_}. См. /v1/proposals.",
        )
    )


def _add_records(reader: Reader, proposals: list[Row]) -> list[Row]:
    """Add references to the records of `proposals`, with a fixed number of statements per type."""
    refs = _load_refs(reader, proposals)
    return [row | _link_records(row, refs[row["type"]]) for row in proposals]


def _load_refs(reader: Reader, proposals: Iterable[Row]) -> dict[RecordType, dict[int, Row]]:
    """Slug, title and URL of the existing records of `proposals`, by type and id."""
    ids: dict[RecordType, set[int]] = defaultdict(set)
    for row in proposals:
        ids[row["type"]].update(row["candidate_ids"], {row["record_id"]} - {None})
    refs: dict[RecordType, dict[int, Row]] = {type_: {} for type_ in ids}
    for type_, wanted in ids.items():
        existing = _find_existing(reader, RECORD_RESOURCES[type_].model, wanted)
        for id_, hit in RECORD_RESOURCES[type_].load_hits(reader, existing) if existing else ():
            refs[type_][id_] = {name: hit[name] for name in ("slug", "title", "url")}
    return refs


def _find_existing(reader: Reader, model: type[VersionedRecord], ids: Collection[int]) -> list[int]:
    """Those of `ids` that a record has."""
    found = select_existing_records(model).where(model.id.in_(ids))
    return [row["id"] for row in reader.all(found)] if ids else []


def _link_records(row: Row, refs: Mapping[int, Row]) -> Row:
    candidates = [refs[each] for each in row["candidate_ids"] if each in refs]
    return {"candidates": candidates, "record": refs.get(row["record_id"])}


def _compare(
    type_: RecordType, document: Mapping[str, Any], record: BaseModel
) -> list[FieldDifference]:
    """Fields of an entry's document that differ from the document of a record."""
    resource = RECORD_RESOURCES[type_]
    current = resource.extract_document(record.model_dump(mode="json", by_alias=True))
    try:
        valid = validate_write_model(resource.writer.write_model, document)
        entry = valid.model_dump(mode="json", by_alias=True, include=valid.model_fields_set)
    except InvalidRequest:  # compared as written
        entry = dict(document)
    return [
        FieldDifference(field=name, entry=value, record=current.get(name))
        for name, value in entry.items()
        if value != current.get(name)
    ]
