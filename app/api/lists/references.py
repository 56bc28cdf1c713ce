"""Filters that name records or what records have: refusal of unknown names, with suggestions.

`docs/decisions/0046-references-in-filters.md` says when they are checked.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel
from sqlalchemy import ColumnElement, FromClause, Integer, column, select, union_all, values

from app.api.params import QueryModel
from app.api.slugs import find_present_slugs, raise_missing_record
from app.api.validation_errors import MAX_FIELD_ERROR_COUNT, hint_at
from app.db.database import Reader
from app.db.functions import AnySelect, ColumnExpression, select_distinct_values
from app.db.models import (
    Agency,
    AgencyName,
    Mission,
    MissionAlias,
    VersionedRecord,
    agency_key,
    mission_number,
)
from app.domain.languages import Bilingual, tr
from app.domain.text import slugify
from app.http.problems import FieldProblem, Gone, InvalidRequest, NotFound, SlugRenamed

M = TypeVar("M", bound=BaseModel)

MAX_COMPARED_VALUES = 500
"""Values that a name is compared with, to suggest the most similar ones."""

_MAX_SUGGESTION_COUNT = 3
_MAX_EXPLAINED_NAME_COUNT = 3
"""Unknown names of a request that are explained with suggestions, which take the most time."""
_PREFIX_CHARS = 2
"""First characters that suggestions share with the name if there are too many values."""
_MIN_SIMILARITY_PERCENT = 50
"""Least similarity of a suggestion, by `difflib`: half of a country's code."""


class NameColumn(NamedTuple):
    """Column of names, and the conversion of a parameter's value to one of them."""

    column: ColumnExpression
    convert: Callable[[str], Any] = str
    """Returns None for a value that no name in the column can be meant by."""


@dataclass(frozen=True)
class Reference:
    """Names that a filter accepts."""

    unknown: Bilingual
    """Message about a name that does not exist, with `{}` for it."""
    columns: tuple[NameColumn, ...]
    """Columns of the names; suggestions are from the first."""
    where: tuple[ColumnElement[bool], ...] = ()
    """Conditions of the rows with the names."""
    model: type[VersionedRecord] | None = None
    """Table of the records, which may have had other slugs."""
    always_known: Collection[str] = ()
    """Names that are accepted although nothing has them."""


References = Mapping[str, Reference]
"""Names that the filters of a list accept, by parameter."""


NamedFilter = tuple[str, str]
"""Parameter and one of its names."""


class FormerSlugs(Exception):
    """Filters name records by former slugs. The route handles the request with the present ones."""

    def __init__(self, present_slugs: Mapping[NamedFilter, str]) -> None:
        super().__init__(present_slugs)
        self._present_slugs = present_slugs

    def replace_in(self, query: M) -> M:
        """Copy of a query model with the present slugs."""
        present, changed = self._present_slugs, {}
        for parameter, _ in present:
            if parameter in type(query).model_fields:
                value = getattr(query, parameter)
                is_list = isinstance(value, list)  # forms of the portal take one name
                names = value if is_list else [value]
                replaced = [present.get((parameter, name), name) for name in names]
                changed[parameter] = list(dict.fromkeys(replaced)) if is_list else replaced[0]
        return query.model_copy(update=changed)


def record_reference(model: type[VersionedRecord]) -> Reference:
    """Reference to records of `model` by slug."""
    columns = [NameColumn(model.slug)]
    if model is Mission:
        columns += [
            NameColumn(MissionAlias.slug),
            NameColumn(Mission.number, mission_number),
        ]
    if model is Agency:
        columns = [NameColumn(Agency.slug, agency_key), NameColumn(AgencyName.key, agency_key)]
    label = model.label
    unknown = Bilingual(f"There is no {label.en} {{}}.", f"Нет {label.ru_genitive} {{}}.")
    return Reference(unknown, tuple(columns), model=model)


def check_references(
    reader: Reader, references: References, filters: QueryModel, *, found: bool
) -> None:
    """Refuse names in `filters` that do not exist. Raises InvalidRequest.

    Raises FormerSlugs if all of these are former slugs of records.
    `found` is true if a record matches all filters: a filter with one name is then known to be
    right, and only others take a statement.
    """
    used = [
        (parameter, name)
        for parameter, reference in references.items()
        for name in _names_to_check(parameter, getattr(filters, parameter, []), found)
        if name not in reference.always_known
    ]
    if not used:
        return
    known = _find_known(reader, [(references[parameter], name) for parameter, name in used])
    unknown = [each for position, each in enumerate(used) if position not in known]
    if not unknown:
        return
    present_slugs = _find_present_slugs(reader, references, unknown)
    if unknown := [each for each in unknown if each not in present_slugs]:
        explain = _Explanation(reader, references)
        problems = [
            FieldProblem(
                parameter=parameter,
                code="unknown-reference",
                detail=explain(parameter, name, with_hints=n < _MAX_EXPLAINED_NAME_COUNT),
            )
            for n, (parameter, name) in enumerate(unknown[:MAX_FIELD_ERROR_COUNT])
        ]
        details = [problem.detail for problem in problems[:_MAX_EXPLAINED_NAME_COUNT]]
        raise InvalidRequest(" ".join(details), *problems)
    raise FormerSlugs(present_slugs)


def _find_present_slugs(
    reader: Reader, references: References, names: Sequence[NamedFilter]
) -> dict[NamedFilter, str]:
    """Present slugs of those of `names` that are former ones, by a statement for each type."""
    named: dict[type[VersionedRecord], list[NamedFilter]] = defaultdict(list)
    for parameter, name in names:
        if model := references[parameter].model:
            named[model].append((parameter, name))
    found: dict[NamedFilter, str] = {}
    for model, filters in named.items():
        present = find_present_slugs(reader, model, [slugify(name) for _, name in filters])
        found |= {each: present[slug] for each in filters if (slug := slugify(each[1])) in present}
    return found


def find_referred_id(reader: Reader, reference: Reference, name: str) -> int | None:
    """Id of the row that `name` means, in any of the forms that filters accept, or None."""
    lookups = [
        select(_id_beside(each.column)).where(each.column == key)
        for each in reference.columns
        if (key := each.convert(name)) is not None
    ]
    row = reader.first(select(union_all(*lookups).subquery().c.id)) if lookups else None
    return row["id"] if row else None


def _id_beside(stored: ColumnExpression) -> ColumnExpression:
    """Column `id` of the table that the column `stored` is in."""
    table: FromClause = getattr(stored, "expression", stored).table
    return table.c.id


def explain_unknown_name(reader: Reader, reference: Reference, name: str) -> str:
    """Message about a name that does not exist, with the most similar ones."""
    return _Explanation(reader, {"": reference})("", name, with_hints=True)


def _names_to_check(parameter: str, names: Sequence[str], found: bool) -> list[str]:
    distinct = list(dict.fromkeys(names))
    is_proved = found and len(distinct) == 1 and not parameter.endswith("_not")
    return [] if is_proved else distinct


def _find_known(reader: Reader, names: Sequence[tuple[Reference, str]]) -> set[int]:
    """Positions of those of `names` that exist, by one statement."""
    lookups: dict[tuple[NameColumn, tuple[ColumnElement[bool], ...]], list[tuple[int, Any]]]
    lookups = defaultdict(list)
    for position, (reference, name) in enumerate(names):
        for each in reference.columns:
            if (key := each.convert(name)) is not None:
                lookups[each, reference.where].append((position, key))
    parts = [
        _select_known(f"names_{n}", each.column, where, keys)
        for n, ((each, where), keys) in enumerate(lookups.items())
    ]
    if not parts:
        return set()
    found = select(union_all(*parts).subquery())
    return {row["position"] for row in reader.all(found)}


def _select_known(
    name: str,
    stored: ColumnExpression,
    where: tuple[ColumnElement[bool], ...],
    keys: list[tuple[int, Any]],
) -> AnySelect:
    """Select the positions of those of `keys` that are in `stored`."""
    columns = column("position", Integer()), column("key", stored.type)
    named = values(*columns, name=name).data(keys).cte()
    rows = select(stored).where(stored == named.c.key, *where).correlate(named)
    return select(named.c.position).where(rows.exists())


class _Explanation:
    """Texts about unknown names."""

    def __init__(self, reader: Reader, references: References) -> None:
        self._reader = reader
        self._references = references

    def __call__(self, parameter: str, name: str, *, with_hints: bool) -> str:
        """Message about a name that does not exist, and hints at those that do."""
        reference = self._references[parameter]
        message = str(reference.unknown).format(repr(name))
        if not with_hints:
            return message
        hint = ""
        if reference.model:
            try:
                raise_missing_record(self._reader, reference.model, name)
            except SlugRenamed as renamed:
                return message + hint_at(renamed.new_slug)
            except Gone as gone:
                return gone.detail
            except NotFound:
                hint = f" {reference.model.label.hint}"
        similar = find_similar_names(self._reader, reference, name)
        others = self._find_other_parameters(parameter, name)
        return message + (hint_at(*similar) or hint) + "".join(others)

    def _find_other_parameters(self, parameter: str, name: str) -> Iterator[str]:
        """Other parameters of the list for which the name exists."""
        others = [
            (other, reference)
            for other, reference in self._references.items()
            if not other.endswith("_not")
            and reference.columns[0].column is not self._references[parameter].columns[0].column
        ]
        known = _find_known(self._reader, [(reference, name) for _, reference in others])
        for position in sorted(known):
            query = f"`{others[position][0]}={name}`"
            yield tr(f" {query} finds all of them.", f" {query} найдёт все такие записи.")


def find_similar_names(reader: Reader, reference: Reference, name: str) -> list[str]:
    """Find the few names of `reference` most similar to `name`."""
    stored, convert = reference.columns[0]
    key = str(convert(name) or name)
    statement = select_distinct_values(stored, reference.where)
    read = reader.all(statement, start="", number=MAX_COMPARED_VALUES)
    if len(read) == MAX_COMPARED_VALUES:
        read = reader.all(statement, start=key[:_PREFIX_CHARS], number=MAX_COMPARED_VALUES)
    stored_names = {row["value"] for row in read} | set(reference.always_known)
    return rank_by_similarity(key, sorted(stored_names))


def rank_by_similarity(name: str, candidates: Sequence[str]) -> list[str]:
    """The few `candidates` most similar to `name`: first those with a word that begins with it."""
    with_word = [each for each in candidates if f"-{each}".find(f"-{name}") >= 0]
    close = get_close_matches(
        name, candidates, _MAX_SUGGESTION_COUNT, _MIN_SIMILARITY_PERCENT / 100
    )
    ranked = dict.fromkeys([*sorted(with_word, key=len), *close])
    return list(ranked)[:_MAX_SUGGESTION_COUNT]
