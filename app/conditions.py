"""Conditions that several resources ask for."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import InstrumentedAttribute

from app.database import Expression
from app.models import Launch, Mission, Person
from app.text import fold


def contains_words(column: Expression, words: str) -> ColumnElement[bool]:
    """Whether folded text holds every word of `words`, in any order and in any part of a word."""
    return and_(*(column.contains(word, autoescape=True) for word in fold(words).split()))


def linked(
    to: type[Launch] | type[Mission] | type[Person],
    slugs: Iterable[str],
    through: InstrumentedAttribute[Any],
    owner: ColumnElement[bool],
) -> ColumnElement[bool]:
    """Whether `owner` holds for a row whose key `through` leads to one of the `slugs` of `to`.

    By EXISTS, never by a join: what is linked twice is still found once.
    """
    return select(through).join(to, to.id == through).where(owner, to.slug.in_(slugs)).exists()
