"""Queries of the trash: deletions in the audit log that no later write has undone."""

from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    bindparam,
    func,
    literal,
    literal_column,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.orm import aliased

from app.api.audit_log import Action
from app.api.links import url_for_request
from app.api.lists.pagination import fetch_page
from app.api.lists.sorting import build_orders
from app.db.database import Reader, Row
from app.db.functions import AnySelect, hide_from_planner
from app.db.models import Article, AuditEntry, FormerSlug
from app.domain.enums import ArticleState, RecordType
from app.resources.registry import RECORD_RESOURCES
from app.resources.trash.schemas import TrashPage, TrashQuery

SORTS = build_orders(AuditEntry.id, deleted_at=(AuditEntry.at,))

_SLUGS = bindparam("slugs", type_=String(), expanding=True)


def conditions(query: TrashQuery, types: Collection[RecordType]) -> list[ColumnElement[bool]]:
    """SQL conditions of the records in the trash, of the given types and those of `query`."""
    later = aliased(AuditEntry)
    chosen = [each for each in types if not query.type or each in query.type]
    undone = select(later.id).where(
        later.type == AuditEntry.type,
        later.record_id == AuditEntry.record_id,
        later.id > AuditEntry.id,
        later.action.in_([Action.DELETE, Action.RESTORE]),
    )
    # The row of a deleted article stays, and an import may have restored it.
    in_trash = Article.id == AuditEntry.record_id, Article.state == ArticleState.DELETED
    return [
        # As text: SQLite uses a partial index only for a constant.
        AuditEntry.action == literal_column(f"'{Action.DELETE}'"),
        hide_from_planner(AuditEntry.type).in_(chosen),
        ~undone.exists(),
        or_(AuditEntry.type != RecordType.ARTICLE, select(Article.id).where(*in_trash).exists()),
    ]


@cache
def _select_deletions() -> AnySelect:
    record, later = AuditEntry.before, aliased(AuditEntry)
    again = select(later.id).where(
        later.type == AuditEntry.type,
        later.slug == AuditEntry.slug,
        later.id > AuditEntry.id,
        later.action == Action.DELETE,
    )
    titles = record["title"], record["name"], record[("spacecraft", 0, "name")]
    return select(
        AuditEntry.record_id.label("id"),
        AuditEntry.type,
        AuditEntry.slug,
        func.coalesce(*(each.as_string() for each in titles), AuditEntry.slug).label("title"),
        record["version"].as_integer().label("version"),
        AuditEntry.at.label("deleted_at"),
        AuditEntry.actor,
        AuditEntry.actor_name,
        again.exists().label("has_later_deletion"),
    )


@cache
def _select_taken_slugs() -> AnySelect:
    """Those of `slugs` that records have, or that redirect to one, with their types."""
    models = ((type_, each.model) for type_, each in RECORD_RESOURCES.items())
    present = (
        select(literal(type_, String).label("type"), model.slug).where(model.slug.in_(_SLUGS))
        for type_, model in models
        if model is not Article
    )
    redirects = FormerSlug.slug.in_(_SLUGS), FormerSlug.record_id.is_not(None)
    former = select(type_coerce(FormerSlug.type, String), FormerSlug.slug)
    used = union_all(*present, former.where(*redirects)).subquery()
    return select(used.c.type, used.c.slug)


def list_trash(reader: Reader, query: TrashQuery, types: Collection[RecordType]) -> TrashPage:
    """A page of the deleted records of `types`."""
    return fetch_page(
        reader,
        TrashPage,
        _select_deletions(),
        conditions(query, types),
        SORTS,
        query,
        "trash",
        complete_rows=lambda rows: _complete_rows(reader, rows),
    )


def _complete_rows(reader: Reader, rows: list[Row]) -> list[Row]:
    slugs = [row["slug"] for row in rows]
    used = {(row["type"], row["slug"]) for row in reader.all(_select_taken_slugs(), slugs=slugs)}
    return [
        row | _complete_row(row, (row["type"], row["slug"]) in used or row["has_later_deletion"])
        for row in rows
    ]


def _complete_row(row: Mapping[str, Any], has_successor: bool) -> dict[str, Any]:
    collection = RECORD_RESOURCES[RecordType(row["type"])].writer.collection
    if row["type"] == RecordType.ARTICLE:  # it keeps its slug
        url = url_for_request(collection, row["slug"], "restore")
        return {"collection": collection, "restore_url": url, "restore_as_url": None}
    url = url_for_request(collection, row["slug"], "revisions", str(row["version"]), "restore")
    return {
        "collection": collection,
        "restore_url": None if has_successor else url,
        "restore_as_url": url_for_request("trash", collection, str(row["id"]), "restore"),
    }
