"""Queries of notes."""

from functools import cache

from app.resources.notes.models import Note
from app.resources.notes.schemas import NoteFilters, NotePage, NoteQuery, NoteRead
from sqlalchemy import ColumnElement, select

from app.api.lists.pagination import fetch_page
from app.api.lists.sorting import build_orders
from app.api.slugs import get_by_slug
from app.db.database import Reader
from app.db.functions import AnySelect
from app.domain.enums import RecordType
from app.search.ranking import NO_CORRECTIONS, SpellingCorrections, select_matching_ids
from app.search.spelling import find_corrections

SORTS = build_orders(Note.id, written_at=(Note.written_at,))


def conditions(
    filters: NoteFilters, corrections: SpellingCorrections = NO_CORRECTIONS
) -> list[ColumnElement[bool]]:
    """SQL conditions of the filters of notes."""
    where: list[ColumnElement[bool]] = []
    if filters.q:
        where.append(Note.id.in_(select_matching_ids(RecordType.NOTE, filters.q, corrections)))
    if filters.written_at_gte:
        where.append(Note.written_at >= filters.written_at_gte)
    return where


def list_notes(reader: Reader, query: NoteQuery) -> NotePage:
    """Read a page of notes."""
    where = conditions(query, find_corrections(reader, query.q) if query.q else {})
    return fetch_page(reader, NotePage, _select_notes(), where, SORTS, query, "notes")


def get_note(reader: Reader, slug: str) -> NoteRead:
    """Read the note `slug`. Raises NotFound, Gone or SlugRenamed."""
    return get_by_slug(reader, Note, _select_notes(), NoteRead, slug)


@cache
def _select_notes() -> AnySelect:
    return select(
        Note.id, Note.slug, Note.title, Note.body, Note.written_at, Note.updated_at, Note.version
    )
