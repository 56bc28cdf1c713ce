"""Feed dates: instant and precision, or the reason why a date is invalid."""

import pytest

from app.ingest.formats.feed_dates import parse_feed_date


@pytest.mark.parametrize(
    ("text", "at", "precision"),
    [
        ("Thu, 14 Mar 2019 22:14:09 +0300", "2019-03-14T19:14:09", "second"),
        ("14 Mar 2019 19:14:09 GMT", "2019-03-14T19:14:09", "second"),
        ("Tue, 04 Sep 2018 18:48 EDT", "2018-09-04T22:48:00", "minute"),
        ("Sun, 09 Feb 2020 09:46 EST", "2020-02-09T14:46:00", "minute"),
        ("Thu, 14 Mar 19 19:14:09 UT", "2019-03-14T19:14:09", "second"),
        ("Thu, 14 Mar 98 19:14:09 Z", "1998-03-14T19:14:09", "second"),
        ("Tue, 25 Jun 2019 05:48:54 MSK", "2019-06-25T02:48:54", "second"),
        ("Thu, 14 Mar 2019 23:59:60 GMT", "2019-03-14T23:59:59", "second"),
        ("Thu, 14 Mar 2019 10:00:00 IST", "2019-03-14T00:00:00", "day"),
        ("Thu, 14 Mar 2019 10:00:00", "2019-03-14T00:00:00", "day"),
        ("Thu, 14 Mar 2019", "2019-03-14T00:00:00", "day"),
        ("14-Mar-2019", "2019-03-14T00:00:00", "day"),
        ("14 March 2019", "2019-03-14T00:00:00", "day"),
        ("March 14, 2019", "2019-03-14T00:00:00", "day"),
        ("Apr. 4th, 2019", "2019-04-04T00:00:00", "day"),
        ("April 4, 2019 at 11:01 GMT", "2019-04-04T11:01:00", "minute"),
        ("4 апреля 2019", "2019-04-04T00:00:00", "day"),
        ("4 апреля 2019 г.", "2019-04-04T00:00:00", "day"),
        ("4 мая 2019 г., 12:30 MSK", "2019-05-04T09:30:00", "minute"),
        ("14.03.2019", "2019-03-14T00:00:00", "day"),
        ("14.03.2019 22:14", "2019-03-14T00:00:00", "day"),
        ("14.03.2019 22:14 +03:00", "2019-03-14T19:14:00", "minute"),
        ("2019-03-14", "2019-03-14T00:00:00", "day"),
        ("2019-03-14T19:14:09Z", "2019-03-14T19:14:09", "second"),
        ("2019-03-14T19:14Z", "2019-03-14T19:14:00", "minute"),
        ("2019-04-04T14:01:35.264+03:00", "2019-04-04T11:01:35", "second"),
        ("2019-03-14 19:14:09 -0500", "2019-03-15T00:14:09", "second"),
        ("2019-03-14T19:14:09", "2019-03-14T00:00:00", "day"),
        ("2019-03", "2019-03-01T00:00:00", "month"),
        ("March 2019", "2019-03-01T00:00:00", "month"),
        ("2019", "2019-01-01T00:00:00", "year"),
        ("  Thu,  14 Mar\n2019 ", "2019-03-14T00:00:00", "day"),
        ("Fri, 01 Jan 2038 00:00:00 GMT", "2038-01-01T00:00:00", "second"),
    ],
)
def test_feed_date_keeps_written_precision(text: str, at: str, precision: str) -> None:
    found, exact = parse_feed_date(text)
    assert (f"{found:%Y-%m-%dT%H:%M:%S}", exact) == (at, precision)
    assert found.utcoffset() is not None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "missing"),
        ("   ", "missing"),
        ("yesterday", "not an unambiguous date"),
        ("03/04/2019", "not an unambiguous date"),
        ("Tue, 31 Jun 2019 05:48:54 MSK", "no such day"),
        ("29 February 2019", "no such day"),
        ("2019-13-01", "no such day"),
        ("Mon, 01 Jan 0001 00:00:00 +0000", "outside"),
        ("1812-09-07", "outside"),
        ("2150-01-01", "outside"),
        ("2019-03-14T25:00:00Z", "no such time"),
        ("2019-03-14T10:60Z", "no such time"),
        ("14 Foo 2019", "not a month"),
        ("1555064095", "not an unambiguous date"),
        ("9" * 5000, "not an unambiguous date"),
    ],
)
def test_invalid_date_has_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_feed_date(text)
