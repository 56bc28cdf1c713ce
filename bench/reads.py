"""What is read: the paths that the suite, the checks and the workers are measured by."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import closing
from datetime import datetime
from itertools import product
from random import Random
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from sqlalchemy import select

from app.api.embeds import article_is_public
from app.db.models import Article, Person
from app.resources.write_steps import build_database
from bench.bulk import SEED
from bench.words import ENGLISH, RUSSIAN
from bench.wrk import Server, Target
from contract.servers import Failed

LIST = "/v1/articles?limit=20"
PAGE = "/v1/missions/iss-59/page?month=2019-04"
ARCHIVE = "/v1/articles/archive?month=2019-04"
MANY = 1_000
"""How many different articles or pages are asked for, where the same one would flatter."""


class Place(NamedTuple):
    """An article, and where it stands in the list."""

    slug: str
    published_at: datetime
    id: int


_PLACES = select(Article.slug, Article.published_at, Article.id)


def etag(server: Server, path: str) -> str:
    """The tag of what `path` answers now."""
    _, headers, _ = Target(path, server, [path]).get(path)
    return headers["etag"]


def details(database_url: str) -> list[str]:
    """Articles from all over the archive."""
    return [f"/v1/articles/{place.slug}" for place in _sampled(database_url)]


def pages(database_url: str, server: Server) -> list[str]:
    """Pages of the whole list from all over the archive, each behind an article."""
    return [_behind(server, place) for place in _sampled(database_url)]


def last_page(database_url: str, server: Server) -> str:
    """The last full page of the whole list."""
    oldest = _PLACES.where(article_is_public()).order_by(Article.published_at, Article.id)
    with closing(build_database(database_url)) as database, database.snapshot() as reader:
        return _behind(server, Place(**reader.all(oldest.offset(20).limit(1))[0]))


def _behind(server: Server, place: Place) -> str:
    """The page of the whole list behind one article: a real cursor, led to another place."""
    real = _cursor(server)
    keys = json.loads(urlsafe_b64decode(real + "=" * (-len(real) % 4)))
    keys[-2:] = [place.published_at.isoformat(), place.id]
    cursor = urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")
    return f"{LIST}&{urlencode({'cursor': cursor})}"


_cursors: dict[str, str] = {}


def _cursor(server: Server) -> str:
    if server.origin not in _cursors:
        _, _, body = Target("a page", server, [LIST]).get(LIST)
        following = parse_qs(urlsplit(json.loads(body)["next"]).query)
        _cursors[server.origin] = following["cursor"][0]
    return _cursors[server.origin]


def _sampled(database_url: str) -> list[Place]:
    ids = select(Article.id).where(article_is_public()).order_by(Article.id)
    with closing(build_database(database_url)) as database, database.snapshot() as reader:
        all_ids = [row["id"] for row in reader.all(ids)]
        chosen = Random(SEED).sample(all_ids, min(MANY, len(all_ids)))
        found = reader.all(_PLACES.where(Article.id.in_(chosen)))
    places = {row["id"]: Place(**row) for row in found}
    return [places[id_] for id_ in chosen]


def full_month(*servers: Server) -> str:
    """The calendar of a month in which every archive has news on every day."""
    for year, month in product(range(2010, 2020), range(1, 13)):
        path = f"/v1/articles/archive?month={year}-{month:02}"
        bodies = [json.loads(Target(path, server, [path]).get(path)[2]) for server in servers]
        if all(day["count"] for body in bodies for day in body["days"]):
            return path
    raise Failed("no month has news on each of its days in every archive")


def searches(database_url: str) -> list[str]:
    """A hundred things that readers might type: names, and one or two words of the news."""
    names = select(Person.name, Person.name_ru).order_by(Person.id)
    with closing(build_database(database_url)) as database, database.snapshot() as reader:
        people = reader.all(names)
    random = Random(SEED)
    typed = [name for row in random.sample(people, 20) for name in row.values() if name]
    for telling in (ENGLISH, RUSSIAN):
        words = [word for gap in telling.gaps.values() for text in gap for word in text.split()]
        long = sorted({word for word in words if len(word) > 4})
        typed += random.sample(long, 20)
        typed += [" ".join(random.sample(long, 2)) for _ in range(12)]
    return random.sample(typed, min(100, len(typed)))
