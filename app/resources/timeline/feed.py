"""Atom feed of events."""

from xml.etree.ElementTree import Element

from fastapi import Response

from app.api.date_params import time_zone_or_default, to_instant
from app.api.feeds import (
    EMPTY_FEED_UPDATED_AT,
    AtomFeed,
    add_element,
    build_atom_head,
    build_feed_response,
    serialize_xml,
)
from app.api.links import in_language, page_url, tag_uri, url_for_request
from app.api.lists.pagination import title_with_filters, to_query_params
from app.db.database import Reader
from app.domain.clock import current_second, expire_response_at
from app.domain.dates import ONE_SECOND, format_rfc3339_utc
from app.domain.languages import Bilingual, Language, current_language, tr
from app.resources.horizon.queries import get_known_until_by_kind
from app.resources.timeline.queries import list_events, list_next_events
from app.resources.timeline.schemas import TimelineFeedQuery, TimelineItem

_FEED_FILENAME = "timeline.atom"
_DESCRIPTION = Bilingual(
    "Launches, dockings, spacewalks, landings and missions of the International Space Station.",
    "Запуски, стыковки, выходы, посадки и экспедиции Международной космической станции.",
)


def read_feed_events(reader: Reader, query: TimelineFeedQuery) -> list[TimelineItem]:
    """List the last events that match and are not ahead; the response expires with the next one."""
    present = current_second()
    for event in list_next_events(reader, present, 1, get_known_until_by_kind(reader)):
        expire_response_at(event.at)
    before = present + ONE_SECOND
    if query.at_lt:
        before = min(before, to_instant(query.at_lt, time_zone_or_default(query.tz)))
    past = query.model_copy(update={"at_lt": before})
    return list_events(reader, past, query.limit, TimelineItem)


def build_timeline_feed(query: TimelineFeedQuery, events: list[TimelineItem]) -> Response:
    """Build the Atom feed of `events`."""
    params = to_query_params(query)
    filters = {name: value for name, value in params.items() if name != "limit"}
    self_url = url_for_request(_FEED_FILENAME, **params)
    language = current_language()
    updated_at = max((event.updated_at for event in events), default=EMPTY_FEED_UPDATED_AT)
    root = build_atom_head(
        id_=tag_uri("timeline", **filters),
        title=title_with_filters(tr("Zarya timeline", "Заря: хроника станции"), filters),
        subtitle=str(_DESCRIPTION),
        language=language,
        updated_at=updated_at,
        known_until=None,  # each event has a status of its own
        self_url=self_url,
        home_url=page_url(language=language),
    )
    for event in events:
        _add_entry(root, event, language)
    return build_feed_response(AtomFeed, serialize_xml(root), updated_at, self_url)


def _add_entry(root: Element, event: TimelineItem, language: Language) -> None:
    entry = add_element(root, "entry")
    add_element(entry, "id", tag_uri("timeline", event.id))
    add_element(entry, "title", event.title)
    add_element(entry, "published", format_rfc3339_utc(event.at))
    add_element(entry, "updated", format_rfc3339_utc(event.updated_at))
    add_element(add_element(entry, "author"), "name", tr("Zarya", "Заря"))
    add_element(entry, "link", rel="alternate", href=in_language(event.html_url, language))
    add_element(entry, "link", rel="alternate", type="application/json", href=event.url)
    add_element(entry, "category", term=event.kind, label=event.kind_label)
    add_element(entry, "summary", event.title)
