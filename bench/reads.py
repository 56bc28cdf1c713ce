"""What is read: the paths that the suite, the checks and the workers are measured by."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import closing
from itertools import product
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from sqlalchemy import Row, select

from app.database import Database
from app.models import Article, Person
from bench.bulk import SEED
from bench.wrk import Server, Target
from bench.words import ENGLISH, RUSSIAN
from contract.servers import Failed

LIST = "/v1/articles?limit=20"
PAGE = "/v1/missions/iss-59/page?month=2019-04"
ARCHIVE = "/v1/articles/archive?month=2019-04"
MANY = 1_000
"""How many different articles or pages are asked for, where the same one would flatter."""


def etag(server: Server, path: str) -> str:
    """The tag of what `path` answers now."""
    _, headers, _ = Target(path, server, [path]).get(path)
    return headers["etag"]


def details(database_url: str) -> list[str]:
    """Articles from all over the archive."""
    return [f"/v1/articles/{row.slug}" for row in _sampled(database_url)]


def pages(database_url: str, server: Server) -> list[str]:
    """Pages of the whole list from all over the archive, each behind an article."""
    return [_behind(server, row) for row in _sampled(database_url)]


def last_page(database_url: str, server: Server) -> str:
    """The last full page of the whole list."""
    with closing(Database(database_url, read_threads=1)) as database, database.session() as session:
        oldest = select(Article.published_at, Article.id)
        oldest = oldest.order_by(Article.published_at, Article.id).offset(20).limit(1)
        return _behind(server, session.execute(oldest).one())


def _behind(server: Server, row: Row[Any]) -> str:
    """The page of the whole list behind one article: a real cursor, led to another place."""
    real = _cursor(server)
    keys = json.loads(urlsafe_b64decode(real + "=" * (-len(real) % 4)))
    keys[-2:] = [row.published_at.isoformat(), row.id]
    cursor = urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")
    return f"{LIST}&{urlencode({'cursor': cursor})}"


_cursors: dict[str, str] = {}


def _cursor(server: Server) -> str:
    if server.origin not in _cursors:
        _, _, body = Target("a page", server, [LIST]).get(LIST)
        following = parse_qs(urlsplit(json.loads(body)["next"]).query)
        _cursors[server.origin] = following["cursor"][0]
    return _cursors[server.origin]


def _sampled(database_url: str) -> list[Row[Any]]:
    with closing(Database(database_url, read_threads=1)) as database, database.session() as session:
        ids = session.scalars(select(Article.id).order_by(Article.id)).all()
        chosen = Random(SEED).sample(ids, min(MANY, len(ids)))
        columns = select(Article.slug, Article.published_at, Article.id)
        found = session.execute(columns.where(Article.id.in_(chosen)).order_by(Article.id)).all()
        return Random(SEED).sample(found, len(found))


def full_month(*servers: Server) -> str:
    """The calendar of a month in which every archive has news on every day."""
    for year, month in product(range(2010, 2020), range(1, 13)):
        path = f"/v1/articles/archive?month={year}-{month:02}"
        bodies = [json.loads(Target(path, server, [path]).get(path)[2]) for server in servers]
        if all(day["count"] for body in bodies for day in body["days"]):
            return path
    raise Failed("no month has news on each of its days in every archive")


def searches(database_url: str) -> list[str]:
    """A hundred things that readers might type: names, and words of the news, one or two of them."""
    with closing(Database(database_url, read_threads=1)) as database, database.session() as session:
        people = session.execute(select(Person.name, Person.name_ru).order_by(Person.id)).all()
    random = Random(SEED)
    typed = [name for row in random.sample(people, 20) for name in row if name]
    for telling in (ENGLISH, RUSSIAN):
        words = [word for gap in telling.gaps.values() for text in gap for word in text.split()]
        long = sorted({word for word in words if len(word) > 4})
        typed += random.sample(long, 20)
        typed += [" ".join(random.sample(long, 2)) for _ in range(12)]
    return random.sample(typed, min(100, len(typed)))
