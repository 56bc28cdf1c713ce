"""How records are merged into tables: compared by their columns, written only where they differ.

What editors have written stays as they left it, and what they have deleted does not come back.

Comparing takes one statement a table and makes no entities, so that a load which changes nothing
is quick. Only rows of the owners named are looked at, however many others the table holds.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from app.db.models import (
    Article,
    Base,
    FormerSlug,
    Launch,
    Mission,
    Person,
    Site,
    Vehicle,
    VersionedRecord,
)
from app.domain.batching import batched
from app.domain.dates import now

RowKey = tuple[Any, ...]
ColumnValues = Mapping[str, Any]
DatasetModel = (
    type[Article] | type[Launch] | type[Mission] | type[Person] | type[Site] | type[Vehicle]
)

_MISSING_ID = -1
"""The id of nothing: what it is a part of, or refers to, is not written."""

_BATCH_ITEMS = 500
"""How many values one statement names: databases bound the number of its parameters."""


@dataclass
class DatasetUpsert:
    """What a load has done so far. Each changed record is counted once, whatever of it changed."""

    session: Session
    total: int = 0
    created: set[tuple[DatasetModel, int]] = field(default_factory=set)
    updated: set[tuple[DatasetModel, int]] = field(default_factory=set)
    owners_changed: set[tuple[DatasetModel, int]] = field(default_factory=set)
    protected: set[tuple[DatasetModel, int]] = field(default_factory=set)
    """What editors have written: neither it nor what belongs to it is touched."""

    def upsert_records(
        self, model: DatasetModel, name: str, wanted: Mapping[str, ColumnValues], *unique: str
    ) -> dict[str, int]:
        """Merge records that the column `name` names, and tell the id of each.

        The id of one that editors have deleted is `_MISSING_ID`; so is that of one whose `unique`
        columns are those of a record that editors keep under another name.
        """
        held = (
            self._find_protected(model, wanted, unique)
            if issubclass(model, VersionedRecord)
            else {}
        )
        self.protected |= {(model, id_) for id_ in (*held.values(), _MISSING_ID)}
        keyed = {(key,): values for key, values in wanted.items() if key not in held}
        created, changed, _ = self._upsert_rows(model, (name,), [key for (key,) in keyed], keyed)
        ids = dict(_select_rows(self.session, model, (name, "id"), wanted)) | held
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
        """Make `wanted` the parts of the owners with `ids`; the first of `names` tells the owner.

        A part that is not wanted is deleted, and an owner whose parts change is touched.
        """
        free = [id_ for id_ in ids if (owner, id_) not in self.protected]
        kept = {
            key: values
            for key, values in wanted.items()
            if (owner, key[0]) not in self.protected and _MISSING_ID not in (*key, *values.values())
        }
        created, changed, surplus = self._upsert_rows(model, names, free, kept)
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
        """Of the names `wanted`, those that are the editors' by now, each with its id."""
        columns = [getattr(model, name) for name in unique]
        edited = self.session.execute(select(model.slug, model.id, *columns).where(model.edited))
        kept = [(slug, id_, tuple(values)) for slug, id_, *values in edited]
        former = self.session.execute(
            select(FormerSlug.slug, FormerSlug.record_id).where(
                FormerSlug.type == model.record_type
            )
        )
        held = {slug: _MISSING_ID if id_ is None else id_ for slug, id_ in former if slug in wanted}
        taken = {values: slug for slug, _, values in kept} if unique else {}
        for slug, given in wanted.items():
            owner = taken.get(tuple(given[name] for name in unique), slug) if unique else slug
            if owner != slug and None not in [given[name] for name in unique]:
                held.setdefault(slug, _MISSING_ID)
        return held | {slug: id_ for slug, id_, _ in kept if slug in wanted}

    def bump_owner_versions(self) -> None:
        """Give records whose parts have changed a new version, as if they themselves had."""
        for model in {model for model, _ in self.owners_changed}:
            keys = [
                (id_,)
                for touched, id_ in self.owners_changed - self.created - self.updated
                if touched is model
            ]
            for entity in _load_entities(self.session, model, ("id",), keys):
                entity.updated_at = now()
                flag_modified(entity, "updated_at")  # even within the second of the last change
        self.updated |= self.owners_changed - self.created
        self.session.flush()

    def _upsert_rows(
        self,
        model: type[Base],
        names: tuple[str, ...],
        owners: Collection[Any],
        wanted: Mapping[RowKey, ColumnValues],
    ) -> tuple[list[RowKey], list[RowKey], list[RowKey]]:
        """Write what differs. Returns the keys created, those changed, and those not wanted."""
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
    """Columns of the rows whose first column is among `owners`."""
    columns = [getattr(model, name) for name in names]
    for batch in batched(owners, _BATCH_ITEMS):
        yield from session.execute(select(*columns).where(columns[0].in_(batch)))


def _load_entities(
    session: Session, model: type[Base], names: tuple[str, ...], keys: Collection[RowKey]
) -> Iterator[Any]:
    columns = tuple_(*(getattr(model, name) for name in names))
    for batch in batched(keys, _BATCH_ITEMS):
        yield from session.scalars(select(model).where(columns.in_(batch)))
