"""Lists, numbers and times in both languages."""

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.dates import Precision
from tools.chronicle.grammar import (
    format_crew_size_ru,
    format_day_en,
    format_days_ru,
    format_duration_en,
    format_duration_ru,
    format_local_day_ru,
    format_ordinal_en,
    format_period_en,
    format_time_en,
    format_time_ru,
    join_clauses_en,
    join_clauses_ru,
    join_list_en,
    join_list_ru,
)

PROGRESS_MS_17 = datetime(2021, 6, 29, 23, 27, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (0, "0 дней"),
        (1, "1 день"),
        (2, "2 дня"),
        (4, "4 дня"),
        (5, "5 дней"),
        (11, "11 дней"),
        (12, "12 дней"),
        (14, "14 дней"),
        (21, "21 день"),
        (101, "101 день"),
        (111, "111 дней"),
        (204, "204 дня"),
        (212, "212 дней"),
    ],
)
def test_russian_plurals(n: int, text: str) -> None:
    assert format_days_ru(n) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [(1, "одного человека"), (2, "двух человек"), (4, "четырёх человек"), (11, "11 человек")],
)
def test_russian_crew_size(n: int, text: str) -> None:
    assert format_crew_size_ru(n) == text


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (1, "first"),
        (12, "twelfth"),
        (13, "13th"),
        (21, "21st"),
        (22, "22nd"),
        (103, "103rd"),
        (111, "111th"),
        (112, "112th"),
    ],
)
def test_english_ordinals(n: int, text: str) -> None:
    assert format_ordinal_en(n) == text


@pytest.mark.parametrize(
    ("names", "english", "russian"),
    [
        ([], "", ""),
        (["A"], "A", "A"),
        (["A", "B"], "A and B", "A и B"),
        (["A", "B", "C"], "A, B and C", "A, B и C"),
    ],
)
def test_list_joining(names: list[str], english: str, russian: str) -> None:
    assert join_list_en(names) == english
    assert join_list_ru(names) == russian


def test_clause_joining() -> None:
    assert join_clauses_en([]) == join_clauses_ru([]) == ""
    assert join_clauses_en(["A"]) == join_clauses_ru(["A"]) == "A"
    assert join_clauses_en(["A", "B and C"]) == "A, and B and C"
    assert join_clauses_ru(["A", "B", "C и D"]) == "A, B, а также C и D"


def test_time_names_both_days_if_they_differ() -> None:
    """Progress MS-17 left on 29 June by UTC and on 30 June in Moscow."""
    assert format_time_en(PROGRESS_MS_17, Precision.SECOND) == (
        "at 23:27:20 UTC on 29 June 2021 (02:27:20 on 30 June Moscow time)"
    )
    assert format_time_ru(PROGRESS_MS_17, Precision.SECOND) == (
        "30 июня 2021 года в 02:27:20 по московскому времени (29 июня, 23:27:20 UTC)"
    )
    assert format_local_day_ru(PROGRESS_MS_17, Precision.SECOND) == "30 июня 2021 года"


def test_time_format_follows_precision() -> None:
    at = datetime(2025, 7, 15, 9, tzinfo=UTC)
    assert format_time_en(at, Precision.MINUTE) == (
        "at 09:00 UTC on 15 July 2025 (12:00 Moscow time)"
    )
    assert format_time_en(at, Precision.HOUR) == (
        "between 09:00 and 10:00 UTC on 15 July 2025 (12:00–13:00 Moscow time)"
    )
    assert format_time_en(at, Precision.DAY) == "on 15 July 2025"
    assert format_time_ru(at, Precision.HOUR) == (
        "15 июля 2025 года между 12:00 и 13:00 по московскому времени (09:00–10:00 UTC)"
    )
    assert format_time_ru(at, Precision.DAY) == "15 июля 2025 года"
    assert format_local_day_ru(at.replace(hour=23), Precision.DAY) == "15 июля 2025 года"


def test_moscow_time_follows_historical_offsets() -> None:
    summer = datetime(2001, 4, 28, 7, 37, 20, tzinfo=UTC)
    assert "11:37:20 Moscow time" in format_time_en(summer, Precision.SECOND)
    winter_of_2012 = datetime(2012, 12, 19, 12, 12, 35, tzinfo=UTC)
    assert "16:12:35 Moscow time" in format_time_en(winter_of_2012, Precision.SECOND)


def test_durations_and_periods() -> None:
    flown = timedelta(days=203, hours=15, minutes=17)
    assert format_duration_en(flown) == "203 days and 15 hours"
    assert format_duration_ru(flown) == "203 дня 15 часов"
    assert format_duration_en(timedelta(days=1, hours=1)) == "1 day and 1 hour"
    assert format_duration_ru(timedelta(days=21)) == "21 день"
    assert format_duration_en(timedelta(days=2, minutes=59)) == "2 days"
    assert format_duration_en(timedelta(hours=6, minutes=1)) == "6 hours and 1 minute"
    assert format_duration_ru(timedelta(hours=1, minutes=21)) == "1 час 21 минуту"
    assert format_duration_ru(timedelta(hours=3)) == "3 часа"
    assert format_duration_en(timedelta(minutes=13)) == "13 minutes"
    assert format_duration_ru(timedelta(minutes=13)) == "13 минут"
    start, end = datetime(2019, 6, 24, tzinfo=UTC), datetime(2019, 10, 3, tzinfo=UTC)
    assert format_period_en(start, end) == "from 24 June to 3 October 2019"
    assert format_period_en(start.replace(hour=23), end) == (
        "from 25 June to 3 October 2019 (Moscow time)"
    )
    assert format_day_en(end) == "3 October 2019"
    assert format_day_en(start.replace(hour=23)) == "25 June 2019 (Moscow time)"
    assert format_period_en(start.replace(year=2018), end) == "from 24 June 2018 to 3 October 2019"
