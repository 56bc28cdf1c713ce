"""Queries of the audit log."""

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, select

from app.api.date_params import to_instant
from app.api.lists.pagination import fetch_page
from app.api.lists.sorting import build_orders
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import AuditEntry
from app.domain.dates import UTC_ZONE
from app.resources.audit.schemas import AuditFilters, AuditPage, AuditQuery

SORTS = build_orders(AuditEntry.id, at=(AuditEntry.at,))


def conditions(filters: AuditFilters) -> list[ColumnElement[bool]]:
    """SQL conditions of `filters`."""
    alternatives: dict[Any, list[Any]] = {
        AuditEntry.actor: filters.actor,
        AuditEntry.action: filters.action,
        AuditEntry.type: filters.type,
        AuditEntry.slug: filters.slug,
    }
    where: list[ColumnElement[bool]] = [
        column.in_(values) for column, values in alternatives.items() if values
    ]
    if filters.record_id:
        where.append(AuditEntry.record_id == filters.record_id)
    if filters.at_gte:
        where.append(AuditEntry.at >= to_instant(filters.at_gte, UTC_ZONE))
    if filters.at_lt:
        where.append(AuditEntry.at < to_instant(filters.at_lt, UTC_ZONE))
    return where


@cache
def _select_entries() -> AnySelect:
    return select(*AuditEntry.__table__.columns)


def list_audit_entries(reader: Reader, query: AuditQuery) -> AuditPage:
    """A page of the entries that match."""
    return fetch_page(
        reader, AuditPage, _select_entries(), conditions(query), SORTS, query, "audit"
    )
