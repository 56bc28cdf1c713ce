"""Identity of people: names in all spellings, and flights."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.ingest.identity.decision import Decision, RecordRef
from app.ingest.identity.people import PersonFacts, PersonIndex

FLIGHTS = {year: datetime(year, 4, 4, 11, tzinfo=UTC) for year in range(1995, 2032)}


def person(
    *names: str,
    nationality: str | None = "US",
    flew: tuple[int, ...] | None = None,
    born: str | None = None,
) -> PersonFacts:
    flown_at = None if flew is None else tuple(FLIGHTS[year] for year in flew)
    return PersonFacts.from_names(names[:2], names[2:], nationality, flown_at, born)


def decide(theirs: PersonFacts, *ours: PersonFacts) -> Decision:
    index = PersonIndex()
    for number, known in enumerate(ours, start=1):
        index.add(RecordRef(number, f"ours-{number}"), known)
    return index.identify(theirs)


LINDGREN = person("Kjell Lindgren", "Челл Линдгрен", flew=(2015, 2022))
KONONENKO = person(
    "Oleg Kononenko", "Олег Кононенко", "Олег Дмитриевич Кононенко", "Кононенко Олег Дмитриевич",
    nationality="RU", flew=(2008, 2018),
)  # fmt: skip
HOSHIDE = person("Akihiko Hoshide", "Акихико Хосидэ", "星出彰彦", nationality="JP")
MCARTHUR = person("Bill McArthur", "Уильям Макартур", "William S. McArthur Jr.", flew=(2000,))


@pytest.mark.parametrize(
    ("theirs", "ours", "verdict"),
    [
        (person("Kjell N. Lindgren"), LINDGREN, "same"),
        (person("Lindgren, Kjell Norwood"), LINDGREN, "same"),
        (person("K. N. Lindgren", flew=(2015,)), LINDGREN, "same"),
        (person("K. N. Lindgren"), LINDGREN, "doubtful"),
        (person("Олег Кононенко", nationality=None), KONONENKO, "same"),
        (person("О. Д. Кононенко", nationality=None), KONONENKO, "doubtful"),
        (person("Kononenko Oleg", nationality="RU"), KONONENKO, "same"),
        (person("Oleg D. Kononenko", nationality="RU"), KONONENKO, "same"),
        (person("Pavel Dmitrievich Popov", nationality="RU"), KONONENKO, "other"),
        (person("Mario Runco Jr."), MCARTHUR, "other"),
        (person("Serena Auñón", flew=None), person("Serena Auñón-Chancellor"), "same"),
        (person("Sergei Kudsverchkov"), person("Sergey Kud-Sverchkov"), "same"),
        (person("Heidemarie Stefanyshyn", flew=(2006,)), person("Heidemarie Piper", flew=(2006,)),
         "doubtful"),
        (person("Mark Kelly", flew=(2001, 2006)), person("Scott Kelly", flew=(2007,)), "other"),
        (person("Mark Kelly"), person("Scott Kelly", flew=(2007,)), "doubtful"),
        (person("Clint Kelly", flew=()), person("Scott Kelly", flew=(2007,)), "other"),
        (person("Bob Behnken", flew=(2008,)), person("Robert Behnken", flew=(2008, 2020)), "same"),
        (person("Chris Cassidy"), person("Christopher Cassidy", flew=(2009,)), "doubtful"),
        (person("John A. Smith"), person("John B. Smith"), "doubtful"),
        (person("Kjell Lindgren", nationality="SE"), LINDGREN, "doubtful"),
        (person("Kjell Lindgren", nationality="SE", flew=(2015,)), LINDGREN, "same"),
        (person("Kjell Lindgren", flew=(1999,)), LINDGREN, "doubtful"),
        (person("Anna Example"), LINDGREN, "other"),
        (person("Sunita Pandya", born="1965-09-19"), person("Sunita Williams", born="1965-09-19"),
         "same"),
        (person("Mark Kelly", born="1964-02-22"), person("Scott Kelly", born="1964-02-21"),
         "other"),
        (person("Mark Kelly", born="1964-02-21"), person("Scott Kelly", born="1964-02-21"),
         "doubtful"),  # twins
        (person("Anna Example", born="1970-01-02"), person("Anna Example", born="1980-01-02"),
         "doubtful"),
        (person("Anna Example", born="1970-01-02"), person("Olga Test", born="1970-01-02"),
         "other"),
        (person("星出彰彦", nationality="JP"), HOSHIDE, "same"),
        (person("星出彰彦"), HOSHIDE, "doubtful"),
    ],
)  # fmt: skip
def test_verdict(theirs: PersonFacts, ours: PersonFacts, verdict: str) -> None:
    decision = decide(theirs, ours)
    assert decision.verdict == verdict, decision


def test_flights_decide_between_people_of_one_name() -> None:
    older, younger = (
        person("Gregory Johnson", flew=(2009,)),
        person("Gregory Johnson", flew=(2008,)),
    )
    assert decide(person("Gregory Johnson"), older, younger).verdict == "doubtful"
    decision = decide(person("Gregory C. Johnson", flew=(2009,)), older, younger)
    assert decision.candidates == (RecordRef(1, "ours-1"),)


def test_person_with_another_id_of_same_source_is_doubtful_at_most() -> None:
    index = PersonIndex()
    index.add(RecordRef(1, "ours"), LINDGREN)
    assert index.identify(LINDGREN).verdict == "same"
    assert index.identify(LINDGREN, {1}).verdict == "doubtful"
    assert index.identify(person("Kjell Lindgren", flew=(1999,)), {1}).verdict == "other"
    assert index.identify(person("K. Lindgren"), {1}).verdict == "other"
    index.add(RecordRef(1, "ours"), person("Kjell Lindgren", flew=(2015,), born="1973-01-23"))
    same_flight = person("Kjell Lindgren", flew=(2015,), born="1973-02-23")
    assert index.identify(same_flight, {1}).verdict == "doubtful"


def test_first_and_last_flight_do_not_exclude_flights_between() -> None:
    record = person("Nancy Currie", flew=(1998,))
    ends = person("N. Currie", flew=(1995, 2002))
    assert decide(ends, record).verdict == "other"  # these are all flights
    assert decide(replace(ends, has_all_flights=False), record).verdict == "doubtful"
    outside = replace(person("N. Currie", flew=(2000, 2002)), has_all_flights=False)
    assert decide(outside, record).verdict == "other"
