"""Articles made up by the hundred thousand, the same for the same seed.

They spread evenly over twenty years, so that every day has its share, and are about the missions,
people and launches that the embedded archive has at that time. A made article is a row as the
database keeps it: what `Article.compute_columns` would fill in is filled in here, without its cost.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

from sqlalchemy import select

from app.db.database import Reader
from app.db.models import CrewAssignment, Launch, Mission, Person, Spacecraft
from app.db.models.articles import READING_WORDS_PER_MINUTE
from app.domain.dates import Precision, period_bounds
from app.domain.enums import ArticleState
from app.domain.markdown import render_markdown
from app.domain.text import fold, slugify
from bench.words import ENGLISH, RUSSIAN, SOURCES, TAGS, Telling

START, END = datetime(2005, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
DAYS = (END - START).days
PARAGRAPHS = 600
"""How many paragraphs of each language are told before; an article has an opening of its own."""

PRECISIONS = {
    Precision.SECOND: 60,
    Precision.MINUTE: 26,
    Precision.HOUR: 3,
    Precision.DAY: 10,
    Precision.MONTH: 1,
}
"""How exact dates are, and how many of a hundred."""

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Moment:
    """What was going on from `at` on: a mission with its crew, or a launch."""

    at: datetime
    id: int
    name: str
    people: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class World:
    """What articles can be about, in order of time."""

    missions: Sequence[Moment]
    launches: Sequence[Moment]
    _mission_starts: Sequence[datetime]
    _launch_times: Sequence[datetime]

    @classmethod
    def read(cls, reader: Reader) -> "World":
        """What the archive of `reader` holds, an embedded one at least."""
        crews: dict[int, list[tuple[int, str]]] = {}
        aboard = select(CrewAssignment.mission_id, Person.id, Person.name)
        aboard = aboard.join(Person, Person.id == CrewAssignment.person_id)
        for row in reader.all(aboard.order_by(CrewAssignment.mission_id, CrewAssignment.ordinal)):
            crews.setdefault(row["mission_id"], []).append((row["id"], row["name"]))
        missions = select(Mission.id, Mission.number, Mission.starts_at)
        ships = select(Launch.id, Spacecraft.name, Launch.launch_at)
        ships = ships.join(Spacecraft, Spacecraft.launch_id == Launch.id)
        first = ships.where(Spacecraft.ordinal == 1).order_by(Launch.launch_at, Launch.id)
        found = [
            Moment(row["starts_at"], row["id"], f"ISS-{row['number']}", tuple(crews[row["id"]]))
            for row in reader.all(missions.order_by(Mission.starts_at))
        ]
        flown = [Moment(row["launch_at"], row["id"], row["name"]) for row in reader.all(first)]
        return cls(found, flown, [m.at for m in found], [m.at for m in flown])

    def mission(self, at: datetime) -> Moment:
        """The mission that was going on."""
        return self.missions[max(0, bisect_right(self._mission_starts, at) - 1)]

    def launch(self, at: datetime) -> Moment:
        """The last launch before."""
        return self.launches[max(0, bisect_right(self._launch_times, at) - 1)]


@dataclass(frozen=True)
class Made:
    """An article as a row of each table that it stands in, columns in the order of `COLUMNS`."""

    article: Mapping[str, Any]
    tags: Sequence[str]
    missions: Sequence[int]
    people: Sequence[int]
    launches: Sequence[int]


class Teller:
    """Tells articles in one language."""

    def __init__(self, telling: Telling, random: Random) -> None:
        self._telling = telling
        self._random = random
        self._paragraphs = [self._paragraph() for _ in range(PARAGRAPHS)]
        self._lists = [self._block(self._fill(text)) for text in telling.lists for _ in range(40)]

    @property
    def language(self) -> str:
        """Its code."""
        return self._telling.code

    def _fill(self, text: str, **names: str) -> str:
        gaps = {gap: self._random.choice(words) for gap, words in self._telling.gaps.items()}
        return text.format(**gaps, **names)

    def _paragraph(self) -> tuple[str, str]:
        sentences = self._random.sample(self._telling.sentences, self._random.randint(2, 4))
        return self._block(" ".join(self._fill(sentence) for sentence in sentences))

    @staticmethod
    def _block(markdown: str) -> tuple[str, str]:
        return markdown, render_markdown(markdown)

    def title(self, **names: str) -> str:
        """A title about what has these names."""
        return self._fill(self._random.choice(self._telling.titles), **names)

    def lead(self, **names: str) -> str:
        """A lead about what has these names."""
        return self._fill(self._random.choice(self._telling.leads), **names)

    def body(self) -> tuple[str, str]:
        """A body in Markdown, and its HTML. Blocks apart by a blank line stay apart."""
        blocks = self._random.choices(self._paragraphs, k=1 + int(self._random.random() ** 2 * 7))
        if self._random.random() < 0.3:
            blocks.insert(1, self._random.choice(self._lists))
        return "\n\n".join(text for text, _ in blocks), "".join(html for _, html in blocks)


class Generator:
    """Makes the articles number `first` to `first + number - 1` of an archive."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._random = Random(seed)
        self._tellers = [Teller(telling, self._random) for telling in (ENGLISH, RUSSIAN)]
        self._precisions = [kind for kind, share in PRECISIONS.items() for _ in range(share)]
        self._sources = [(name, slugify(name)) for name, _ in SOURCES]
        self._source_weights = list(accumulate(weight for _, weight in SOURCES))
        # A few tags are everywhere, most are rare.
        self._tag_weights = list(accumulate(1 / (rank + 2) for rank in range(len(TAGS))))

    def articles(self, first: int, number: int) -> Iterator[Made]:
        """`number` articles with ids from `first` on; every seventh translates the one before."""
        step = (END - START) / max(number, 1)
        before: Made | None = None
        for n in range(number):
            made = self._article(first + n, START + step * n, before if n % 7 == 6 else None)
            before = made
            yield made

    def _article(self, id_: int, about: datetime, original: Made | None) -> Made:
        random = self._random
        russian = (
            random.random() < 0.4 if original is None else original.article["language"] == "en"
        )
        teller = self._tellers[russian]
        day = about.replace(hour=0, minute=0, second=0, microsecond=0)
        at = day + timedelta(seconds=int(random.random() * 86_400))
        precision = random.choice(self._precisions)
        mission, launch = self._world.mission(at), self._world.launch(at)
        who = random.choice(mission.people)
        names = {"who": who[1], "ship": launch.name, "mission": mission.name}
        title, lead, body = teller.title(**names), teller.lead(**names), teller.body()
        slug = f"{slugify(title)[:100].rstrip('-')}-{id_}"
        key = slug if original is None else original.article["translation_key"]
        row = {"id": id_, "slug": slug, "language": teller.language, "translation_key": key}
        row |= self._told(title, lead, *body) | self._published(at, precision)
        row |= self._from_a_source(id_)
        if original is not None:
            return Made(row, original.tags, original.missions, original.people, original.launches)
        tags = random.choices(TAGS, cum_weights=self._tag_weights, k=random.randint(1, 4))
        return Made(
            row,
            sorted(set(tags)),
            [mission.id] if random.random() < 0.6 else [],
            [who[0]] if random.random() < 0.5 else [],
            [launch.id] if random.random() < 0.25 else [],
        )

    @staticmethod
    def _told(title: str, lead: str, body: str, html: str) -> dict[str, Any]:
        """The text, with what `Article.compute_columns` makes of it."""
        return {
            "title": title,
            "lead": lead,
            "body": body,
            "body_html": html,
            "reading_minutes": max(1, round(len(body.split()) / READING_WORDS_PER_MINUTE)),
            "title_key": fold(title)[:300],
        }

    @staticmethod
    def _published(at: datetime, precision: Precision) -> dict[str, Any]:
        start, until = period_bounds(at, precision)
        return {
            "published_at": start,
            "published_at_precision": precision.value,
            "published_until": until,
            "created_at": start,
            "updated_at": start,
            "state": ArticleState.PUBLISHED.value,
            "announced": True,
            "edited": False,
            "version": 1,
        }

    def _from_a_source(self, id_: int) -> dict[str, Any]:
        (source,) = self._random.choices(self._sources, cum_weights=self._source_weights)
        imaged = self._random.random() < 0.5
        return {
            "source_name": source[0],
            "source_slug": source[1],
            "source_url": f"https://{source[1]}.example.org/news/{id_}",
            "image_url": f"https://images.example.org/{id_ % 997}.jpg" if imaged else None,
            "image_alt": "The station over the Earth" if imaged else None,
            "image_credit": source[0] if imaged else None,
            "note": None,
        }
