"""Reads whose cost grows with the archive."""

from bench.growth import find_growing, in_each_order
from bench.public_reads import PublicRead

LIST = "/v1/articles"


def test_each_filter_is_read_in_each_order() -> None:
    reads = [
        PublicRead(LIST, {}),
        PublicRead(LIST, {"sort": "title"}),
        PublicRead(LIST, {"sort": "-title"}),
        PublicRead(LIST, {"tag": "crew"}),
        PublicRead("/v1/people", {"tag": "crew"}),
    ]
    added = [read.query for read in in_each_order(reads) if read not in reads]
    assert added == [{"tag": "crew", "sort": "-title"}, {"tag": "crew", "sort": "title"}]


def test_growth_and_cost_above_the_limits_are_found() -> None:
    flat, growing, dear = (PublicRead(LIST, {"tag": tag}) for tag in ("flat", "growing", "dear"))
    index, calendar = (PublicRead(f"{LIST}/archive", q) for q in ({}, {"month": "2019-04"}))
    reads = [flat, growing, dear, index, calendar]
    small = dict.fromkeys((read.address for read in reads), 0.01)
    large = small | {
        flat.address: 0.014,
        growing.address: 0.016,
        index.address: 0.029,
        calendar.address: 0.016,
        dear.address: 0.031,
    }
    small[dear.address] = 0.03
    assert list(find_growing(reads, small, large)) == [
        dear.address,
        growing.address,
        calendar.address,
    ]
