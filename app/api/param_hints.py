"""Hints for parameters that other APIs have, by the parameter that does the same here."""

from collections.abc import Collection

from app.domain.languages import Bilingual

_DAYS = ("on", "launch_on", "published_on", "arrived_on", "starts_on", "active_on", "attached_on")
_MONTHS = ("month", "launch_month", "published_month", "arrived_month", "starts_month")
_FROM = (
    "launch_at_gte",
    "published_at_gte",
    "arrived_at_gte",
    "starts_at_gte",
    "starts_on_gte",
    "at_gte",
)
_UNTIL = tuple(name.replace("_gte", "_lt") for name in _FROM)

PARAMS_BY_FOREIGN_NAME: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("page", "page_number", "offset", "skip", "start", "p"), ("cursor",)),
    **dict.fromkeys(("per_page", "page_size", "pagesize", "count", "size", "top"), ("limit",)),
    **dict.fromkeys(("search", "query", "keyword", "text", "term", "name", "title"), ("q",)),
    **dict.fromkeys(("order_by", "orderby", "ordering", "order", "sort_by", "sortby"), ("sort",)),
    **dict.fromkeys(("country", "citizenship"), ("nationality",)),
    **dict.fromkeys(("include", "select", "only", "properties", "columns"), ("fields",)),
    **dict.fromkeys(("expand", "embed", "detail", "mode"), ("view",)),
    **dict.fromkeys(("locale", "hl", "language"), ("lang",)),
    **dict.fromkeys(("date", "day"), (*_DAYS, *_MONTHS)),
    **dict.fromkeys(("month", "year"), _MONTHS),
    **dict.fromkeys(("from", "since", "after", "start_date", "date_from"), _FROM),
    **dict.fromkeys(("to", "until", "before", "end_date", "date_to"), _UNTIL),
    **dict.fromkeys(("updated_since", "modified_since"), ("updated_at_gte",)),
    **dict.fromkeys(("state", "outcome"), ("status",)),
    **dict.fromkeys(("rocket", "launcher"), ("vehicle",)),
    **dict.fromkeys(("pad", "location"), ("site",)),
    **dict.fromkeys(("astronaut", "cosmonaut", "crew"), ("person",)),
    **dict.fromkeys(("expedition", "increment"), ("mission",)),
    **dict.fromkeys(("category", "tags"), ("tag",)),
    **dict.fromkeys(("total", "with_count"), ("with_total",)),
    **dict.fromkeys(("output", "accept"), ("format",)),
    **dict.fromkeys(("group_by", "aggregate", "facets"), ("facet",)),
}
"""Parameters by names of other APIs; of several, the first that the endpoint has."""

_HINTS = {
    "cursor": Bilingual(
        " Pages have no numbers: request the URL in `next`, which contains `cursor`.",
        " У страниц нет номеров: запросите адрес из `next`, в нём есть `cursor`.",
    ),
    "sort": Bilingual(
        " Use `sort`; a minus before the value reverses the order.",
        " Используйте `sort`; минус перед значением меняет порядок на обратный.",
    ),
}
_OTHER_HINT = Bilingual(" Use `{}`.", " Используйте `{}`.")


def find_param_hint(name: str, declared: Collection[str]) -> str:
    """A hint at the declared parameter that does what `name` does elsewhere; empty if none does."""
    names = PARAMS_BY_FOREIGN_NAME.get(name.lower().replace("-", "_"), ())
    param = next((each for each in names if each in declared), None)
    return "" if param is None else str(_HINTS.get(param, _OTHER_HINT)).format(param)
