"""Steps of every write, and the attributes of models that they depend on."""

from datetime import timedelta

import pytest
from sqlalchemy import inspect

from app.db.models import Article, Base, Launch, Mission, Person, PreviewLink, VersionedRecord
from app.db.tracking.changes import find_slug_references
from app.domain.dates import MAX_INSTANT
from app.domain.enums import RecordType
from app.search.index_keys import RANK_COUNT, build_index_key, index_key_range, parse_index_key


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Article, ["missions.featured_article_id"]),
        (Mission, ["article_missions.mission_id", "spacewalks.mission_id"]),
        (
            Person,
            [
                "article_people.person_id",
                "crew_assignments.person_id",
                "flights.person_id",
                "spacewalk_members.person_id",
            ],
        ),
        (
            Launch,
            [
                "article_launches.launch_id",
                "mission_launches.launch_id",
                "modules.launch_id",
                "flights.landed_with_id",
                "stays.launch_id",
            ],
        ),
    ],
)
def test_slug_references_are_the_foreign_keys_to_a_record(
    model: type[VersionedRecord], expected: list[str]
) -> None:
    found = find_slug_references(inspect(model))
    assert [f"{other.__tablename__}.{column}" for other, column in found] == expected


def test_record_types_have_one_model_each() -> None:
    records = [m for m in Base.__subclasses__() if issubclass(m, VersionedRecord)]
    assert sorted(str(model.record_type) for model in records) == sorted(RecordType)


def test_parts_of_records_name_their_record() -> None:
    """A table with a foreign key to a record has a record type, or its changes go untracked.

    Preview links are shown in no record, so a new one is no change of its article.
    """
    records = {m.__table__ for m in Base.__subclasses__() if issubclass(m, VersionedRecord)}
    for model in set(Base.__subclasses__()) - {PreviewLink}:
        tables = {key.column.table for key in inspect(model).local_table.foreign_keys}
        if tables & records:
            assert model.record_type, model
            assert model.record_key in inspect(model).columns, model


def test_searchable_models_are_records_their_parts_and_names() -> None:
    searchable = {model.__name__ for model in Base.__subclasses__() if model.searchable}
    assert searchable == {
        *("Article", "ArticleTag", "CrewAssignment", "Flight", "Launch", "Mission", "MissionTask"),
        *("Agency", "Media", "Module", "Pad", "Payload", "Person", "Port", "Site", "Spacecraft"),
        *("ModuleOwner", "SpacecraftType", "Spacewalk", "SpacewalkMember", "Stay", "Vehicle"),
    }


def test_search_ranks_are_distinct_and_fit_into_index_keys() -> None:
    ranks = {kind: kind.search_rank for kind in RecordType}
    assert len(set(ranks.values())) == len(ranks)
    assert all(0 <= rank < RANK_COUNT for rank in ranks.values())
    latest = MAX_INSTANT - timedelta(seconds=1)
    for kind in RecordType:
        key = build_index_key(kind, latest, 2**25 - 1)
        assert parse_index_key(key) == (kind, 2**25 - 1)
        assert key < index_key_range(kind)[1] <= 2**62
    by_rank = sorted(ranks, key=ranks.__getitem__, reverse=True)
    assert by_rank == [
        *("site", "vehicle", "agency", "mission", "module", "person", "spacewalk"),
        *("launch", "spacecraft_type", "spacecraft", "stay", "article", "media"),
    ]
