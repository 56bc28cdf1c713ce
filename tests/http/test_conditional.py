"""Entity tags: lists of them, and their comparison."""

import pytest

from app.http.cache.conditional import matches_if_none_match, parse_etags


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        (None, False),
        ('W/"abc"', True),
        ('"abc"', True),
        ('"x", W/"abc"', True),
        ("*", True),
        (" * ", True),
        ('"x"', False),
        ("abc", False),
        ('W/"abc', False),
        ('"x", abc', False),
        ('"xabcx"', False),
        ("", False),
    ],
)
def test_if_none_match_compares_weakly(header: str | None, matches: bool) -> None:
    assert matches_if_none_match(header, 'W/"abc"') is matches
    assert matches_if_none_match(header, '"abc"') is matches


def test_etag_list_is_parsed() -> None:
    assert parse_etags('"a", W/"b.7" ,"",W/"\xe9"') == {"a", "b.7", "", "\xe9"}


@pytest.mark.parametrize("header", ["", "a", '"a', '"a" "b"', '"a",', 'w/"a"', '"a b"'])
def test_malformed_etag_list_is_refused(header: str) -> None:
    with pytest.raises(ValueError, match="entity tag"):
        parse_etags(header)
