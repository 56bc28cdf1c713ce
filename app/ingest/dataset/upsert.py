"""Upserts of the dataset: rows are compared by their columns, and written only if they differ.

Records that editors have changed stay unchanged, and records that editors have deleted are not
created again. A comparison takes one statement per table and builds no entities, so that a load
without changes is quick; only rows with the given keys are read.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.api.audit_log import Action, Actor, write_audit_entry
from app.db.models import (
    Base,
    FormerSlug,
    VersionedRecord,
)
from app.domain.batching import batched
from app.domain.dates import now
from app.domain.enums import AuditTarget

LOADER_ACTOR = Actor("zarya load", "the embedded archive")

OpenSession = Callable[[], AbstractContextManager[Session]]
"""Opens a transaction, like `Database.session` and `LongWriter.transaction`."""

RowKey = tuple[Any, ...]
ColumnValues = Mapping[str, Any]
DatasetModel = type[Base]

MISSING_ID = -1
"""Placeholder id of a record that is not written; neither are rows that refer to it."""

_BATCH_ITEMS = 500
"""Values per statement: databases limit the number of parameters."""


@dataclass
class DatasetUpsert:
    """State of a load; each changed record is counted once."""

    open_session: OpenSession
    session: Session = field(init=False)
    """Session of the present transaction."""
    total: int = 0
    created: set[tuple[DatasetModel, int]] = field(default_factory=set)
    updated: set[tuple[DatasetModel, int]] = field(default_factory=set)
    owners_changed: set[tuple[DatasetModel, int]] = field(default_factory=set)
    protected: set[tuple[DatasetModel, int]] = field(default_factory=set)
    """Records that editors have changed: they and their child rows are not written."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Open a transaction, which ends with the versions of its records and an audit entry."""
        created, updated = len(self.created), len(self.updated)
        with self.open_session() as self.session:
            yield
            self._bump_owner_versions()
            counts = {
                "created": len(self.created) - created,
                "updated": len(self.updated) - updated,
            }
            if any(counts.values()):
                target = AuditTarget.ARCHIVE
                write_audit_entry(
                    self.session, LOADER_ACTOR, Action.LOAD, target, None, None, None, counts
                )

    def upsert_records(
        self, model: DatasetModel, name: str, wanted: Mapping[str, ColumnValues], *unique: str
    ) -> dict[str, int]:
        """Upsert records by the key column `name`. Returns their ids by key.

        The id is `MISSING_ID` for a record that editors have deleted, for a record whose `unique`
        columns equal those of a record that editors have renamed, and for a new record that refers
        to one of these.
        """
        protected: dict[str, int] = {}
        if issubclass(model, VersionedRecord):
            protected = self._find_protected(model, wanted, unique)
        self.protected |= {(model, id_) for id_ in (*protected.values(), MISSING_ID)}
        keyed = {
            (key,): values
            for key, values in wanted.items()
            if key not in protected and MISSING_ID not in values.values()
        }
        created, changed, _ = self._upsert_rows(model, (name,), [key for (key,) in keyed], keyed)
        existing = dict(_select_rows(self.session, model, (name, "id"), wanted))
        ids = dict.fromkeys(wanted, MISSING_ID) | existing | protected
        self.total += len(wanted)
        self.created |= {(model, ids[key]) for (key,) in created}
        self.updated |= {(model, ids[key]) for (key,) in changed}
        return ids

    def replace_children(
        self,
        owner: DatasetModel,
        ids: Iterable[int],
        model: type[Base],
        names: tuple[str, ...],
        wanted: Mapping[RowKey, ColumnValues],
    ) -> None:
        """Make `wanted` the child rows of the owners `ids`; `names` are key columns, owner first.

        Other child rows are deleted. Owners of changed child rows are marked.
        """
        writable_ids = [id_ for id_ in ids if (owner, id_) not in self.protected]
        writable = {
            key: values
            for key, values in wanted.items()
            if (owner, key[0]) not in self.protected and MISSING_ID not in (*key, *values.values())
        }
        created, changed, surplus = self._upsert_rows(model, names, writable_ids, writable)
        for entity in _load_entities(self.session, model, names, surplus):
            self.session.delete(entity)
        self.session.flush()
        self.owners_changed |= {(owner, key[0]) for key in (*created, *changed, *surplus)}

    def _find_protected(
        self,
        model: type[VersionedRecord],
        wanted: Mapping[str, ColumnValues],
        unique: tuple[str, ...],
    ) -> dict[str, int]:
        """Find the keys of `wanted` that editors have changed, with their ids."""
        columns = [getattr(model, name) for name in unique]
        edited = [
            (slug, id_, tuple(values))
            for slug, id_, *values in self.session.execute(
                select(model.slug, model.id, *columns).where(model.edited)
            )
        ]
        former = self.session.execute(
            select(FormerSlug.slug, FormerSlug.record_id).where(
                FormerSlug.type == model.record_type
            )
        )
        protected = {
            slug: MISSING_ID if id_ is None else id_ for slug, id_ in former if slug in wanted
        }
        edited_slugs = {values: slug for slug, _, values in edited} if unique else {}
        for slug, row in wanted.items():
            values = tuple(row[name] for name in unique)
            if None not in values and edited_slugs.get(values, slug) != slug:
                protected.setdefault(slug, MISSING_ID)
        return protected | {slug: id_ for slug, id_, _ in edited if slug in wanted}

    def _bump_owner_versions(self) -> None:
        """Increment the versions of records whose child rows have changed."""
        for model in {model for model, _ in self.owners_changed}:
            keys = [
                (id_,)
                for owner, id_ in self.owners_changed - self.created - self.updated
                if owner is model
            ]
            for entity in _load_entities(self.session, model, ("id",), keys):
                entity.updated_at = now()
                flag_modified(entity, "updated_at")  # also within the second of the last change
        self.updated |= self.owners_changed - self.created
        self.session.flush()

    def _upsert_rows(
        self,
        model: type[Base],
        names: tuple[str, ...],
        owners: Collection[Any],
        wanted: Mapping[RowKey, ColumnValues],
    ) -> tuple[list[RowKey], list[RowKey], list[RowKey]]:
        """Write rows that differ. Returns the created, the changed and the surplus keys."""
        fields = tuple(next(iter(wanted.values()), {}))
        width = len(names)
        existing = {
            tuple(row[:width]): tuple(row[width:])
            for row in _select_rows(self.session, model, (*names, *fields), owners)
        }
        created = [key for key in wanted if key not in existing]
        changed = [
            key
            for key, values in wanted.items()
            if key in existing and existing[key] != tuple(values.values())
        ]
        self.session.add_all(
            [model(**dict(zip(names, key, strict=True)), **wanted[key]) for key in created]
        )
        for entity in _load_entities(self.session, model, names, changed):
            key = tuple(getattr(entity, name) for name in names)
            for name, value in wanted[key].items():
                setattr(entity, name, value)
        self.session.flush()
        return created, changed, [key for key in existing if key not in wanted]


def _select_rows(
    session: Session, model: type[Base], names: Iterable[str], owners: Collection[Any]
) -> Iterator[Any]:
    """Yield columns of the rows whose first column is one of `owners`."""
    columns = [getattr(model, name) for name in names]
    for batch in batched(owners, _BATCH_ITEMS):
        yield from session.execute(select(*columns).where(columns[0].in_(batch)))


def _load_entities(
    session: Session, model: type[Base], names: tuple[str, ...], keys: Collection[RowKey]
) -> Iterator[Any]:
    columns = tuple_(*(getattr(model, name) for name in names))
    for batch in batched(keys, _BATCH_ITEMS):
        yield from session.scalars(select(model).where(columns.in_(batch)))
