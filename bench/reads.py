"""Request paths used by the benchmarks."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import closing
from datetime import datetime
from itertools import product
from random import Random
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from sqlalchemy import select

from app.db.conditions import article_is_public
from app.db.models import Article, Person
from app.resources.write_steps import build_database
from bench.bulk import SEED
from bench.generator import END, START
from bench.vocabulary import ENGLISH, RUSSIAN
from bench.wrk import Server, Target
from contract.servers import Failed

LIST = "/v1/articles?limit=20"
FILTERED_LIST = "/v1/articles?tag=launch&language=en&limit=20"
PAGE = "/v1/missions/iss-59/page?month=2019-04"
ARCHIVE = "/v1/articles/archive?month=2019-04"
STATION = "/v1/station?on=2019-04-04"
TIMELINE = "/v1/timeline?limit=20"
SAMPLE_SIZE = 1_000
"""Number of different articles or pages, where repeating one would give too good results."""


class Position(NamedTuple):
    """Article with its sort key in the list."""

    slug: str
    published_at: datetime
    id: int


_POSITIONS = select(Article.slug, Article.published_at, Article.id)


def etag(server: Server, path: str) -> str:
    """Return the current ETag of `path`."""
    _, headers, _ = Target(path, server, [path]).get(path)
    return headers["etag"]


def details(database_url: str) -> list[str]:
    """Return paths of articles sampled from the whole archive."""
    return [f"/v1/articles/{position.slug}" for position in _sample(database_url)]


def pages(database_url: str, server: Server) -> list[str]:
    """Return paths of list pages sampled from the whole archive, each after an article."""
    return [_page_after(server, position) for position in _sample(database_url)]


def last_page(database_url: str, server: Server) -> str:
    """Return the path of the last full page of the list."""
    oldest = _POSITIONS.where(article_is_public()).order_by(Article.published_at, Article.id)
    with closing(build_database(database_url)) as database, database.snapshot() as reader:
        return _page_after(server, Position(**reader.all(oldest.offset(20).limit(1))[0]))


def _page_after(server: Server, position: Position) -> str:
    """Return the path of the list page after an article, with a real cursor changed to it."""
    return _page_at(server, LIST, [position.published_at.isoformat(), position.id])


def timeline_pages(server: Server) -> list[str]:
    """Return paths of pages of the timeline at times spread over the generated events."""
    interval = (END - START) / SAMPLE_SIZE
    times = [START + number * interval for number in range(1, SAMPLE_SIZE)]
    Random(SEED).shuffle(times)
    return [_page_at(server, TIMELINE, [at.isoformat(), 0, 0]) for at in times]


def _page_at(server: Server, first_page: str, sort_keys: list[Any]) -> str:
    """Return the path of the page after `sort_keys`, with a real cursor changed to them."""
    real = _cursor(server, first_page)
    keys = json.loads(urlsafe_b64decode(real + "=" * (-len(real) % 4)))
    keys[-len(sort_keys) :] = sort_keys
    cursor = urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")
    return f"{first_page}&{urlencode({'cursor': cursor})}"


_cursors: dict[tuple[str, str], str] = {}


def _cursor(server: Server, first_page: str) -> str:
    key = server.origin, first_page
    if key not in _cursors:
        _, _, body = Target("a page", server, [first_page]).get(first_page)
        following = parse_qs(urlsplit(json.loads(body)["next"]).query)
        _cursors[key] = following["cursor"][0]
    return _cursors[key]


def _sample(database_url: str) -> list[Position]:
    ids = select(Article.id).where(article_is_public()).order_by(Article.id)
    with closing(build_database(database_url)) as database, database.snapshot() as reader:
        all_ids = [row["id"] for row in reader.all(ids)]
        chosen = Random(SEED).sample(all_ids, min(SAMPLE_SIZE, len(all_ids)))
        rows = reader.all(_POSITIONS.where(Article.id.in_(chosen)))
    positions = {row["id"]: Position(**row) for row in rows}
    return [positions[id_] for id_ in chosen]


def full_month(*servers: Server) -> str:
    """Return the calendar path of a month in which every archive has articles on every day.

    Raises Failed if there is none.
    """
    for year, month in product(range(2010, 2020), range(1, 13)):
        path = f"/v1/articles/archive?month={year}-{month:02}"
        bodies = [json.loads(Target(path, server, [path]).get(path)[2]) for server in servers]
        if all(day["count"] for body in bodies for day in body["days"]):
            return path
    raise Failed("no month has articles on every day in every archive")


def searches(database_url: str) -> list[str]:
    """Return a hundred typical search queries: names, and one or two words from articles."""
    names = select(Person.name, Person.name_ru).order_by(Person.id)
    with closing(build_database(database_url)) as database, database.snapshot() as reader:
        people = reader.all(names)
    random = Random(SEED)
    queries = [name for row in random.sample(people, 20) for name in row.values() if name]
    for vocabulary in (ENGLISH, RUSSIAN):
        words = [
            word
            for texts in vocabulary.placeholders.values()
            for text in texts
            for word in text.split()
        ]
        long = sorted({word for word in words if len(word) > 4})
        queries += random.sample(long, 20)
        queries += [" ".join(random.sample(long, 2)) for _ in range(12)]
    return random.sample(queries, min(100, len(queries)))
