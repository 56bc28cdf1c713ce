"""Lifetime of responses in `Cache-Control`."""

from datetime import UTC, datetime, timedelta

import time_machine

from app.http.cache.freshness import cap_max_age, public_cache_control

NOW = datetime(2031, 4, 4, 12, tzinfo=UTC)


def test_cache_lifetime_ends_at_next_publication() -> None:
    usual = public_cache_control(60)
    with time_machine.travel(NOW, tick=False):
        assert cap_max_age(NOW + timedelta(hours=1), usual) == usual
        assert cap_max_age(NOW - timedelta(seconds=1), usual) == usual
        assert (
            cap_max_age(NOW + timedelta(seconds=100), usual)
            == "public, max-age=60, stale-if-error=86400"
        )
        assert cap_max_age(NOW + timedelta(seconds=7), usual).startswith("public, max-age=7,")
        assert cap_max_age(NOW, usual).startswith("public, max-age=0,")
    with time_machine.travel(NOW + timedelta(milliseconds=100), tick=False):
        assert cap_max_age(NOW + timedelta(seconds=7), usual).startswith("public, max-age=6,")
        assert cap_max_age(NOW + timedelta(seconds=7), "no-store") == "no-store"
