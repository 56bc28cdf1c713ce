"""Deterministic generator of articles.

The articles are spread evenly over twenty years, so that every day has some, and refer to the
missions, people and launches of the embedded archive at that time. A generated article has all
columns, including those that `Article.compute_columns` would compute.
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
from app.db.models import CrewAssignment, Launch, Mission, Payload, Person
from app.db.models.articles import READING_WORDS_PER_MINUTE
from app.domain.dates import Precision, period_start, sort_instant
from app.domain.enums import ArticleState
from app.domain.markdown import render_markdown
from app.domain.text import fold, slugify
from bench.vocabulary import ENGLISH, RUSSIAN, SOURCES, TAGS, Vocabulary

START, END = datetime(2005, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
DAYS = (END - START).days
PARAGRAPH_COUNT = 600
"""Paragraphs generated in advance for each language. Leads are generated for each article."""

PRECISION_PERCENTAGES = {
    Precision.SECOND: 60,
    Precision.MINUTE: 26,
    Precision.HOUR: 3,
    Precision.DAY: 10,
    Precision.MONTH: 1,
}
"""Percentage of articles by the precision of their date."""

Row = tuple[Any, ...]


@dataclass(frozen=True)
class Event:
    """Mission with its crew, or launch, at its start time."""

    at: datetime
    id: int
    name: str
    people: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class World:
    """Subjects of articles: missions and launches in chronological order."""

    missions: Sequence[Event]
    launches: Sequence[Event]
    _mission_starts: Sequence[datetime]
    _launch_times: Sequence[datetime]

    @classmethod
    def read(cls, reader: Reader) -> "World":
        """Read the subjects from a database that contains the embedded archive."""
        crews: dict[int, list[tuple[int, str]]] = {}
        aboard = select(CrewAssignment.mission_id, Person.id, Person.name)
        aboard = aboard.join(Person, Person.id == CrewAssignment.person_id)
        for row in reader.all(aboard.order_by(CrewAssignment.mission_id, CrewAssignment.ordinal)):
            crews.setdefault(row["mission_id"], []).append((row["id"], row["name"]))
        missions = select(Mission.id, Mission.number, Mission.starts_at)
        ships = select(Launch.id, Payload.name, Launch.launch_at)
        ships = ships.join(Payload, Payload.launch_id == Launch.id)
        first = ships.where(Payload.ordinal == 1).order_by(Launch.launch_at, Launch.id)
        mission_events = [
            Event(row["starts_at"], row["id"], f"ISS-{row['number']}", tuple(crews[row["id"]]))
            for row in reader.all(missions.order_by(Mission.starts_at))
        ]
        launch_events = [
            Event(row["launch_at"], row["id"], row["name"]) for row in reader.all(first)
        ]
        return cls(
            mission_events,
            launch_events,
            [m.at for m in mission_events],
            [m.at for m in launch_events],
        )

    def mission(self, at: datetime) -> Event:
        """Return the mission in progress at `at`."""
        return self.missions[max(0, bisect_right(self._mission_starts, at) - 1)]

    def launch(self, at: datetime) -> Event:
        """Return the last launch before `at`."""
        return self.launches[max(0, bisect_right(self._launch_times, at) - 1)]


@dataclass(frozen=True)
class GeneratedArticle:
    """Article row, with the rows of its link tables."""

    article: Mapping[str, Any]
    tags: Sequence[str]
    missions: Sequence[int]
    people: Sequence[int]
    launches: Sequence[int]


class TextGenerator:
    """Generator of titles, leads and bodies in one language."""

    def __init__(self, vocabulary: Vocabulary, random: Random) -> None:
        self._vocabulary = vocabulary
        self._random = random
        self._paragraphs = [self._paragraph() for _ in range(PARAGRAPH_COUNT)]
        self._lists = [
            self._block(self._fill(text)) for text in vocabulary.lists for _ in range(40)
        ]

    @property
    def language(self) -> str:
        """Language code."""
        return self._vocabulary.code

    def _fill(self, text: str, **names: str) -> str:
        gaps = {
            gap: self._random.choice(words) for gap, words in self._vocabulary.placeholders.items()
        }
        return text.format(**gaps, **names)

    def _paragraph(self) -> tuple[str, str]:
        sentences = self._random.sample(self._vocabulary.sentences, self._random.randint(2, 4))
        return self._block(" ".join(self._fill(sentence) for sentence in sentences))

    @staticmethod
    def _block(markdown: str) -> tuple[str, str]:
        return markdown, render_markdown(markdown)

    def title(self, **names: str) -> str:
        """Return a title that mentions these names."""
        return self._fill(self._random.choice(self._vocabulary.titles), **names)

    def lead(self, **names: str) -> str:
        """Return a lead that mentions these names."""
        return self._fill(self._random.choice(self._vocabulary.leads), **names)

    def body(self) -> tuple[str, str]:
        """Return a body in Markdown, and its HTML."""
        blocks = self._random.choices(self._paragraphs, k=1 + int(self._random.random() ** 2 * 7))
        if self._random.random() < 0.3:
            blocks.insert(1, self._random.choice(self._lists))
        return "\n\n".join(text for text, _ in blocks), "".join(html for _, html in blocks)


class Generator:
    """Generator of articles about a world. Equal seeds give equal articles."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._random = Random(seed)
        self._text_generators = [
            TextGenerator(vocabulary, self._random) for vocabulary in (ENGLISH, RUSSIAN)
        ]
        self._precisions = [
            kind for kind, share in PRECISION_PERCENTAGES.items() for _ in range(share)
        ]
        self._sources = [(name, slugify(name)) for name, _ in SOURCES]
        self._source_weights = list(accumulate(weight for _, weight in SOURCES))
        # A few tags are frequent, most are rare.
        self._tag_weights = list(accumulate(1 / (rank + 2) for rank in range(len(TAGS))))

    def articles(self, first: int, number: int) -> Iterator[GeneratedArticle]:
        """Yield `number` articles with ids from `first`; every seventh translates the previous."""
        step = (END - START) / max(number, 1)
        previous: GeneratedArticle | None = None
        for n in range(number):
            article = self._article(first + n, START + step * n, previous if n % 7 == 6 else None)
            previous = article
            yield article

    def _article(
        self, id_: int, about: datetime, original: GeneratedArticle | None
    ) -> GeneratedArticle:
        random = self._random
        russian = (
            random.random() < 0.4 if original is None else original.article["language"] == "en"
        )
        texts = self._text_generators[russian]
        day = about.replace(hour=0, minute=0, second=0, microsecond=0)
        at = day + timedelta(seconds=int(random.random() * 86_400))
        precision = random.choice(self._precisions)
        mission, launch = self._world.mission(at), self._world.launch(at)
        person = random.choice(mission.people)
        names = {"who": person[1], "ship": launch.name, "mission": mission.name}
        title, lead, body = texts.title(**names), texts.lead(**names), texts.body()
        slug = f"{slugify(title)[:100].rstrip('-')}-{id_}"
        key = slug if original is None else original.article["translation_key"]
        row = {"id": id_, "slug": slug, "language": texts.language, "translation_key": key}
        row |= self._text_columns(title, lead, *body) | self._date_columns(at, precision)
        row |= self._source_columns(id_)
        if original is not None:
            return GeneratedArticle(
                row, original.tags, original.missions, original.people, original.launches
            )
        tags = random.choices(TAGS, cum_weights=self._tag_weights, k=random.randint(1, 4))
        return GeneratedArticle(
            row,
            sorted(set(tags)),
            [mission.id] if random.random() < 0.6 else [],
            [person[0]] if random.random() < 0.5 else [],
            [launch.id] if random.random() < 0.25 else [],
        )

    @staticmethod
    def _text_columns(title: str, lead: str, body: str, html: str) -> dict[str, Any]:
        """Return the text columns and those that `Article.compute_columns` derives from them."""
        return {
            "title": title,
            "lead": lead,
            "body": body,
            "body_html": html,
            "reading_minutes": max(1, round(len(body.split()) / READING_WORDS_PER_MINUTE)),
            "title_key": fold(title)[:300],
        }

    @staticmethod
    def _date_columns(at: datetime, precision: Precision) -> dict[str, Any]:
        start = period_start(at, precision)
        return {
            "published_at": start,
            "published_at_precision": precision.value,
            "published_sort_at": sort_instant(start, precision),
            "created_at": start,
            "updated_at": start,
            "state": ArticleState.PUBLISHED.value,
            "announced": True,
            "edited": False,
            "version": 1,
        }

    def _source_columns(self, id_: int) -> dict[str, Any]:
        (source,) = self._random.choices(self._sources, cum_weights=self._source_weights)
        has_image = self._random.random() < 0.5
        return {
            "source_name": source[0],
            "source_slug": source[1],
            "source_url": f"https://{source[1]}.example.org/news/{id_}",
            "image_url": f"https://images.example.org/{id_ % 997}.jpg" if has_image else None,
            "image_alt": "The station over the Earth" if has_image else None,
            "image_credit": source[0] if has_image else None,
            "note": None,
        }
