"""Consistency check of the loaded archive, computed in other ways than the service does.

All statements read one snapshot.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

from sqlalchemy import func, select

from app.api.date_params import time_zone_or_default
from app.api.lists.day_counts import ArchiveIndex, format_month
from app.db.conditions import article_is_public
from app.db.database import Reader
from app.db.models import (
    Article,
    ArticleLaunch,
    ArticleMission,
    ArticlePerson,
    Base,
)
from app.db.tracking.article_links import find_stale_links
from app.domain.dates import local_day, period_end
from app.domain.enums import HorizonKind, LaunchStatus
from app.ingest.dataset.check_missions import check_missions
from app.ingest.dataset.check_modules import check_modules
from app.ingest.dataset.check_spacewalks import check_spacewalks
from app.ingest.dataset.check_stays import check_stays
from app.ingest.dataset.compare import find_differences
from app.ingest.dataset.records import CHRONICLE_SOURCE_NAME, Dataset, read_dataset
from app.resources.articles.queries import get_article_archive
from app.resources.articles.schemas import ArticleArchiveQuery
from app.resources.registry import SEARCH_INDEXER
from app.search.consistency import find_index_inconsistencies


def check_archive(reader: Reader) -> list[str]:
    """Describe all inconsistencies of the archive; an empty list if there are none."""
    dataset = read_dataset()
    return [
        *find_differences(reader, dataset),
        *find_facts_after_horizon(dataset),
        *_check_foreign_keys(reader),
        *check_missions(reader, dataset.horizon[HorizonKind.CREWS].known_until),
        *check_modules(reader),
        *check_stays(reader),
        *check_spacewalks(reader),
        *_check_chronicle(reader),
        *_check_day_counts(reader),
        *_check_article_links(reader),
        *find_index_inconsistencies(reader, SEARCH_INDEXER.sources.values()),
    ]


def find_facts_after_horizon(dataset: Dataset) -> Iterator[str]:
    """Describe the facts of the dataset that are later than its horizon of their kind."""
    horizon = {kind: row.known_until for kind, row in dataset.horizon.items()}
    crews, launches = horizon[HorizonKind.CREWS], horizon[HorizonKind.LAUNCHES]
    for mission in dataset.missions.values():
        if max(mission.starts_at, mission.ends_at or mission.starts_at) > crews:
            yield f"{mission.slug} is later than the horizon of crews"
    for launch in dataset.launches.values():
        flown = launch.status is not LaunchStatus.PLANNED
        if flown and launch.launch_at > (crews if launch.crew else launches):
            yield f"{launch.slug} is later than the horizon"
        for seat in launch.crew:
            if seat.landed_at and seat.landed_at > crews:
                yield f"{seat.person} on {launch.slug} landed after the horizon of crews"
    for stay in dataset.stays.values():
        known = crews if dataset.launches[stay.launch].crew else horizon[HorizonKind.DOCKINGS]
        if max(stay.arrived_at, stay.departed_at or stay.arrived_at) > known:
            yield f"{stay.slug} is later than the horizon"
    last = max(
        period_end(article.published_at, article.published_at_precision)
        for article in dataset.chronicle.values()
    )
    if last - timedelta(seconds=1) > horizon[HorizonKind.NEWS]:
        yield "the chronicle is later than the horizon of news"
    known_until = horizon[HorizonKind.SPACEWALKS]
    late = [walk.slug for walk in dataset.spacewalks.values() if walk.starts_at > known_until]
    yield from (f"{slug} is later than the horizon of spacewalks" for slug in late)


def _check_foreign_keys(reader: Reader) -> Iterator[str]:
    """Foreign keys to rows that do not exist."""
    for table in Base.metadata.sorted_tables:
        for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
            target = key.column.table.alias()
            exists = select(1).where(target.c[key.column.name] == key.parent).exists()
            dangling = reader.scalar(
                select(func.count()).select_from(table).where(key.parent.is_not(None), ~exists)
            )
            if dangling:
                yield f"{dangling} values of {table.name}.{key.parent.name} refer to no row"


def _check_chronicle(reader: Reader) -> Iterator[str]:
    """Each item of the chronicle is linked to a record, and exists in English and in Russian.

    Without items that editors have changed.
    """
    in_chronicle = Article.source_name == CHRONICLE_SOURCE_NAME
    linked = [
        select(1).where(link.article_id == Article.id).exists()
        for link in (ArticleMission, ArticlePerson, ArticleLaunch)
    ]
    unlinked = select(Article.slug).where(
        in_chronicle, ~Article.edited, *(~link for link in linked)
    )
    for row in reader.all(unlinked):
        yield f"{row['slug']} is linked to no record"
    languages: dict[str, set[str]] = defaultdict(set)
    translations = select(Article.translation_key, Article.language, Article.edited).where(
        Article.translation_key.in_(select(Article.translation_key).where(in_chronicle))
    )
    edited = set[str]()
    for row in reader.all(translations):
        languages[row["translation_key"]].add(row["language"])
        if row["edited"]:
            edited.add(row["translation_key"])
    for key, existing in languages.items():
        if key in edited:
            continue
        if existing != {"en", "ru"}:
            yield f"{key} exists only in {', '.join(sorted(existing))}"


def _check_day_counts(reader: Reader) -> Iterator[str]:
    """Check that the archive index counts each public article with a known day exactly once."""
    zone = time_zone_or_default(None)
    dates = select(Article.published_at, Article.published_at_precision)
    rows = reader.all(dates.where(article_is_public()))
    days = (local_day(row["published_at"], row["published_at_precision"], zone) for row in rows)
    tally = Counter(format_month(day) for day in days if day)
    index = cast("ArchiveIndex", get_article_archive(reader, ArticleArchiveQuery()))
    months = {month.month: month.count for year in index.years for month in year.months}
    for month in sorted(tally.keys() | months.keys()):
        if tally[month] != months.get(month, 0):
            yield f"the archive counts {months.get(month, 0)} of {tally[month]} in {month}"
    if index.total != sum(tally.values()):
        yield f"the archive counts {index.total} of {sum(tally.values())} articles"


def _check_article_links(reader: Reader) -> Iterator[str]:
    """Check that the links of articles have the same dates, language and state as the articles."""
    for id_ in find_stale_links(reader):
        yield f"the links of article {id_} differ from it: run zarya recount"
