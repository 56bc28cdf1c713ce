"""Revisions: versions of a record from the audit log, and the current one.

An entry has the record before and after its write. Loads and imports have no entries of single
records: what they wrote is known if a later write has it as the state before.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Integer, Subquery, bindparam, case, func, null, select, union_all

from app.api.audit_log import Action
from app.api.lists.pagination import fetch_page
from app.api.lists.sorting import build_orders
from app.api.read_models import instant_of
from app.api.slugs import raise_missing_record
from app.db.database import Reader
from app.db.functions import AnySelect
from app.db.models import AuditEntry
from app.db.types import UTCDateTime
from app.domain.languages import tr
from app.http.problems import Conflict, Gone, NotFound, SlugRenamed
from app.resources.resource import RecordResource
from app.resources.revisions.schemas import (
    FieldChange,
    RevisionDifference,
    RevisionPage,
    RevisionQuery,
    RevisionRead,
)

_FIELDS_OF_EVERY_WRITE = {"version", "updated_at"}

_VERSION_BEFORE = AuditEntry.before["version"].as_integer()
_VERSION_AFTER = AuditEntry.after["version"].as_integer()


def _build_versions() -> Subquery:
    """The known versions of the record `record_id`, each with the first entry that has it.

    That is the entry of the write that made the version, if there is one: the entries that have it
    as the state before are later.
    """
    of_record = AuditEntry.type == bindparam("type"), AuditEntry.record_id == bindparam("record_id")
    # After a merge, the entry of the deleted record has the remaining one as the state after.
    same = AuditEntry.after["id"].as_integer() == AuditEntry.record_id
    states = union_all(
        select(_VERSION_AFTER.label("version"), AuditEntry.id).where(*of_record, same),
        select(_VERSION_BEFORE, AuditEntry.id).where(*of_record, AuditEntry.before.is_not(None)),
        select(bindparam("current_version", type_=Integer()), null()),
    ).subquery()
    versions = select(states.c.version, func.min(states.c.id).label("entry_id"))
    return versions.group_by(states.c.version).subquery()


_VERSIONS = _build_versions()

SORTS = build_orders(_VERSIONS.c.version, version=())


@cache
def _select_revisions() -> AnySelect:
    is_written_here = _VERSIONS.c.version == _VERSION_AFTER
    current_time = bindparam("current_updated_at", type_=UTCDateTime())
    return select(
        _VERSIONS.c.version,
        case((is_written_here, AuditEntry.at), else_=current_time).label("at"),
        case((is_written_here, AuditEntry.action)).label("action"),
        AuditEntry.actor.label("actor_id"),
        AuditEntry.actor_name,
        AuditEntry.before["updated_at"].as_string().label("replaced_updated_at"),
        AuditEntry.redacted.label("redacted_fields"),
        case((is_written_here, "after"), else_="before").label("state"),
    ).select_from(_VERSIONS.outerjoin(AuditEntry, AuditEntry.id == _VERSIONS.c.entry_id))


@cache
def _select_revision() -> AnySelect:
    record = case(
        (_VERSIONS.c.version == _VERSION_AFTER, AuditEntry.after), else_=AuditEntry.before
    )
    statement = _select_revisions().add_columns(record.label("record"))
    return statement.where(_VERSIONS.c.version == bindparam("version"))


def _load_statement_parameters(
    reader: Reader, resource: RecordResource, slug: str
) -> dict[str, Any]:
    """The parameters that the statements share. Raises NotFound, Gone or SlugRenamed."""
    model = resource.model
    row = reader.first(
        select(
            model.id.label("record_id"),
            model.version.label("current_version"),
            model.updated_at.label("current_updated_at"),
        ).where(model.slug == slug)
    )
    if row is None:
        return _get_deleted_parameters(resource, get_deleted_record(reader, resource, slug))
    return row | {"type": resource.writer.audit_target}


def _get_deleted_parameters(resource: RecordResource, deleted: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": resource.writer.audit_target,
        "record_id": deleted["id"],
        "current_version": deleted["version"],
        "current_updated_at": instant_of(deleted["updated_at"]),
    }


def get_deleted_record(reader: Reader, resource: RecordResource, slug: str) -> dict[str, Any]:
    """The deleted record `slug` as JSON, of its last version.

    Raises NotFound, SlugRenamed, or Gone if the audit trail does not have its deletion.
    """
    try:
        raise_missing_record(reader, resource.model, slug)
    except Gone:
        of_slug = AuditEntry.type == resource.writer.audit_target, AuditEntry.slug == slug
        deletions = select(AuditEntry.before).where(*of_slug, AuditEntry.action == Action.DELETE)
        row = reader.first(deletions.order_by(AuditEntry.id.desc()).limit(1))
        if row is None:
            raise
        record: dict[str, Any] = row["before"]
        return record


def get_deleted_record_by_id(reader: Reader, resource: RecordResource, id_: int) -> dict[str, Any]:
    """The deleted record `id_` as JSON, of its last version; another may have its slug.

    Raises NotFound if it is not in the trash, or is an article, which keeps its slug there.
    """
    writes = select(AuditEntry.action, AuditEntry.before).where(
        AuditEntry.type == resource.writer.audit_target,
        AuditEntry.record_id == id_,
        AuditEntry.action.in_([Action.DELETE, Action.RESTORE]),
    )
    row = reader.first(writes.order_by(AuditEntry.id.desc()).limit(1))
    exists = reader.first(select(resource.model.id).where(resource.model.id == id_))
    if row is None or row["action"] != Action.DELETE or exists:
        raise NotFound(
            tr(
                f"There is no deleted record {id_} of this type that needs another slug. See "
                "`restore_as_url` in /v1/trash.",
                f"Удалённой записи {id_} этого типа, которой нужно другое имя, нет. Смотрите "
                "`restore_as_url` в /v1/trash.",
            )
        )
    record: dict[str, Any] = row["before"]
    return record


def get_last_revision(
    reader: Reader, resource: RecordResource, deleted: Mapping[str, Any]
) -> RevisionRead:
    """The last version of a deleted record."""
    parameters = _get_deleted_parameters(resource, deleted)
    row = reader.first(_select_revision(), version=deleted["version"], **parameters)
    return RevisionRead.model_validate(row)


def list_revisions(
    reader: Reader, query: RevisionQuery, resource: RecordResource, slug: str
) -> RevisionPage:
    """A page of the known versions of a record."""
    return fetch_page(
        reader,
        RevisionPage,
        _select_revisions(),
        [],
        SORTS,
        query,
        resource.writer.collection,
        slug,
        "revisions",
        values=_load_statement_parameters(reader, resource, slug),
    )


def get_revision(reader: Reader, resource: RecordResource, slug: str, version: int) -> RevisionRead:
    """A version of a record. Raises NotFound, Gone or SlugRenamed."""
    record = _load_statement_parameters(reader, resource, slug)
    row = reader.first(_select_revision(), version=version, **record)
    if row is None:
        raise NotFound(
            tr(
                f"Version {version} of {slug!r} is not known. See /revisions for those that are.",
                f"Версия {version} записи {slug!r} неизвестна. Известные — в /revisions.",
            )
        )
    id_ = record["record_id"]
    is_current = version == record["current_version"]
    if is_current and (current := resource.load_records(reader, [id_]).get(id_)):
        row["record"] = current.model_dump(mode="json", by_alias=True)
    return RevisionRead.model_validate(row)


def get_revision_to_restore(
    reader: Reader, resource: RecordResource, slug: str, version: int
) -> RevisionRead:
    """A version of the record that has this slug, or that was deleted with it.

    Raises NotFound, Gone, or Conflict for a slug that redirects: a client that follows redirects
    would else restore a version of a record that it has not read.
    """
    try:
        return get_revision(reader, resource, slug, version)
    except SlugRenamed as renamed:
        raise Conflict(
            tr(
                f"{slug!r} redirects to {renamed.new_slug!r}. Read the versions of that record.",
                f"{slug!r} перенаправляет на {renamed.new_slug!r}. Прочтите версии той записи.",
            )
        ) from renamed


def compare_revisions(
    reader: Reader, resource: RecordResource, slug: str, version: int, other: int
) -> RevisionDifference:
    """The difference between two versions of a record. Raises NotFound, Gone or SlugRenamed."""
    first, second = (get_revision(reader, resource, slug, each) for each in (version, other))
    return RevisionDifference(
        from_version=version,
        to_version=other,
        changes=_compare(first.record, second.record),
    )


def _compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    names = sorted((before.keys() | after.keys()) - _FIELDS_OF_EVERY_WRITE)
    changes = (
        FieldChange(field=name, before=before.get(name), after=after.get(name)) for name in names
    )
    return [each for each in changes if each.before != each.after]
